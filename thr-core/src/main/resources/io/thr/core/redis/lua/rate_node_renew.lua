-- Renews the lease of a node that decides by rate policies, and counts those that have one.
--
-- KEYS  1  rate-nodes  ZSET  node -> end of its lease, epoch ms
-- ARGV  1  node
--       2  how long its lease is, ms; 0: it leaves
-- Reply how many nodes have a lease
-- Cost  O(log n), and as much for each lease that has run out
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[2] == '0' then
    redis.call('ZREM', KEYS[1], ARGV[1])
else
    redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('ZCARD', KEYS[1])
