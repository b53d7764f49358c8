-- Renews the lease of a member that still holds it, or begins the lease of one that joins; and tells it what it should
-- look at.
--
-- include lib/scheduler.lua
-- ARGV  then:
--        1   lease, ms
--        2   1 where it joins, 0 where it renews
-- Reply {1 where the lease was still held else 0, now, ms to the end of the first lease of another or -1 where none,
--       how much the member owns, how many wait, ms until the next deadline or -1}
--       A renewal that comes too late changes nothing. The markers of the member's queues are set anew, so that a lost
--       wake-up lasts no longer than this.
-- Cost  O(log members + log n)
local held = has_lease() and 1 or 0
if held == 1 or ARGV[REST + 1] == '1' then
    call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[REST])), ME)
end
local wait = -1
local first = call('ZRANGE', KEYS[1], 0, 1, 'WITHSCORES')
for i = 1, #first, 2 do
    if first[i] ~= ME then
        wait = math.max(0, math.floor(tonumber(first[i + 1]) - now))
        break
    end
end
call('ZREMRANGEBYSCORE', KEYS[14], '-inf', string.format('%.0f', now))
flush()
local due = call('ZRANGE', KEYS[12], 0, 0, 'WITHSCORES')
return {
    held,
    math.floor(now),
    wait,
    call('HLEN', KEYS[15]),
    call('ZCARD', KEYS[5]),
    due[2] and math.max(0, math.ceil(tonumber(due[2]) - now)) or -1,
}
