-- Takes messages off queues, in order of preference, and keeps them under the name of the member that takes them: one
-- step, so that a kill loses nothing.
--
-- KEYS  1   members      ZSET  member -> end of its lease, epoch ms
--       2   claimed:<me> HASH  "<claim id> <queue>" -> message
--       3…  queues       LIST  the oldest message at the tail
-- ARGV  1   member
--       2   how many at most, 1 to 64
--       3   prefix of the claims' ids, not used before
--       4   epoch ms of the server after which this call has come too late and does nothing
-- Reply {"no lease", now} | {"late", now} | {"taken", now, id, number of the queue from 1, message, id, …}
-- Cost  O(messages), and their bytes are copied twice
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not lease or tonumber(lease) <= now then
    return {'no lease', now}
end
if now > tonumber(ARGV[4]) then
    return {'late', now}
end
local reply = {'taken', now}
local fields = {}
local left = tonumber(ARGV[2])
local taken = 0
for k = 3, #KEYS do
    if left == 0 then
        break
    end
    local messages = redis.call('RPOP', KEYS[k], left)
    if messages then
        left = left - #messages
        for i = 1, #messages do
            taken = taken + 1
            local id = ARGV[3] .. taken
            fields[#fields + 1] = id .. ' ' .. KEYS[k]
            fields[#fields + 1] = messages[i]
            reply[#reply + 1] = id
            reply[#reply + 1] = k - 2
            reply[#reply + 1] = messages[i]
        end
    end
end
if taken > 0 then
    redis.call('HSET', KEYS[2], unpack(fields))
end
return reply
