-- Names a member whose lease has run out.
--
-- KEYS  1   members ZSET  member -> end of its lease, epoch ms
-- Reply its name, the one that ran out first | nil where there is none
-- Cost  O(log members)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 1)[1]
