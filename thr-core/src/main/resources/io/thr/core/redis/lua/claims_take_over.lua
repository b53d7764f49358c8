-- Moves claims of a member whose lease has run out to a living one, and forgets a member that has none left.
--
-- KEYS  1   members        ZSET  member -> end of its lease, epoch ms
--       2   claimed:<lost> HASH  "<claim id> <queue>" -> message
--       3   sent:<lost>    SET   claim ids
--       4   claimed:<me>   HASH
--       5   sent:<me>      SET
-- ARGV  1   the lost member
--       2   the member that takes over
--       3   how many at most, 1 to 16
--       4   prefix of the claims' new ids, not used before
--       5   epoch ms of the server after which this call has come too late and does nothing
-- Reply {"no lease", now} | {"late", now} | {"alive", now}
--       | {"taken", now, id, queue, 1 where it had been marked as sent else 0, message, id, …}
-- Cost  O(claims moved), and their bytes are copied twice
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not mine or tonumber(mine) <= now then
    return {'no lease', now}
end
if now > tonumber(ARGV[5]) then
    return {'late', now}
end
local theirs = redis.call('ZSCORE', KEYS[1], ARGV[1])
if theirs and tonumber(theirs) > now then
    return {'alive', now}
end
local reply = {'taken', now}
local found = redis.call('HRANDFIELD', KEYS[2], ARGV[3], 'WITHVALUES')
for i = 1, #found, 2 do
    local field, message = found[i], found[i + 1]
    local space = string.find(field, ' ', 1, true)
    local queue = string.sub(field, space + 1)
    local id = ARGV[4] .. (i + 1) / 2
    redis.call('HSET', KEYS[4], id .. ' ' .. queue, message)
    redis.call('HDEL', KEYS[2], field)
    local sent = redis.call('SREM', KEYS[3], string.sub(field, 1, space - 1))
    if sent == 1 then
        redis.call('SADD', KEYS[5], id)
    end
    reply[#reply + 1] = id
    reply[#reply + 1] = queue
    reply[#reply + 1] = sent
    reply[#reply + 1] = message
end
if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('DEL', KEYS[3])
end
return reply
