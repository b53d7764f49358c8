-- Renews the lease of a member that still holds it, or begins the lease of one that joins.
--
-- KEYS  1   members ZSET  member -> end of its lease, epoch ms
-- ARGV  1   member
--       2   lease, ms
--       3   1 where it joins, 0 where it renews
-- Reply {1 where the lease was still held else 0, now, ms to the end of the first lease of another or -1 where none}
--       A renewal that comes too late changes nothing.
-- Cost  O(log members)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
local held = 0
if lease and tonumber(lease) > now then
    held = 1
end
if held == 1 or ARGV[3] == '1' then
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
end
local first = redis.call('ZRANGE', KEYS[1], 0, 1, 'WITHSCORES')
local wait = -1
for i = 1, #first, 2 do
    if first[i] ~= ARGV[1] then
        wait = math.max(0, tonumber(first[i + 1]) - now)
        break
    end
end
return {held, now, wait}
