-- Takes messages off queues, in order of preference, and keeps them under the name of the member that takes them: one
-- step, so that a kill loses nothing. While a queue has a backlog, measures how fast it drains.
--
-- KEYS  1   members      ZSET  member -> end of its lease, epoch ms
--       2   messages     HASH  id -> raw message
--       3   claimed:<me> HASH  id -> queue
--       4   waiting      ZSET  one member a waiting ticket
--       5   drained      HASH  queue -> messages a second, ' ', when the count began, epoch ms, ' ', count since then
--       6…  queues       LIST  the oldest message at the tail
-- ARGV  1   member
--       2   how many at most, 1 to 64
--       3   prefix of the claims' ids, not used before
--       4   epoch ms of the server after which this call has come too late and does nothing
--       5   how many tickets may wait; while there are as many, none are taken
-- Reply {"no lease", now} | {"late", now} | {"full", now} | {"taken", now, id, number of the queue from 1, message, id, …}
-- Cost  O(messages), and their bytes are copied twice
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not lease or tonumber(lease) <= now then
    return { 'no lease', now }
end
if now > tonumber(ARGV[4]) then
    return { 'late', now }
end
if redis.call('ZCARD', KEYS[4]) >= tonumber(ARGV[5]) then
    return { 'full', now }
end
local reply = { 'taken', now }
local claimed, kept = {}, {}
local left = tonumber(ARGV[2])
local taken = 0
for k = 6, #KEYS do
    if left == 0 then
        break
    end
    local messages = redis.call('RPOP', KEYS[k], left)
    if messages then
        left = left - #messages
        for i = 1, #messages do
            taken = taken + 1
            local id = ARGV[3] .. taken
            claimed[#claimed + 1] = id
            claimed[#claimed + 1] = KEYS[k]
            kept[#kept + 1] = id
            kept[#kept + 1] = messages[i]
            reply[#reply + 1] = id
            reply[#reply + 1] = k - 5
            reply[#reply + 1] = messages[i]
        end
        local known = redis.call('HGET', KEYS[5], KEYS[k])
        if redis.call('EXISTS', KEYS[k]) == 0 then
            if known then
                redis.call('HDEL', KEYS[5], KEYS[k])
            end
        else
            local rate, since, count = 0, now, 0
            if known then
                rate, since, count = string.match(known, '^(%S+) (%S+) (%S+)$')
                rate, since, count = tonumber(rate), tonumber(since), tonumber(count)
            end
            count = count + #messages
            if now - since >= 1000 then
                local measured = count * 1000 / (now - since)
                rate = rate > 0 and rate + (measured - rate) / 2 or measured
                since, count = now, 0
            end
            redis.call('HSET', KEYS[5], KEYS[k], string.format('%.3f %.0f %.0f', rate, since, count))
        end
    end
end
if taken > 0 then
    redis.call('HSET', KEYS[2], unpack(kept))
    redis.call('HSET', KEYS[3], unpack(claimed))
end
return reply
