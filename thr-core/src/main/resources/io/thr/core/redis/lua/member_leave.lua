-- Ends a member's lease. What it still owns others take over at once; where it owns nothing it is forgotten, and with the
-- last member the limits it has set.
--
-- include lib/scheduler.lua
-- Reply how much it leaves behind
-- Cost  O(log members)
local left = call('HLEN', KEYS[15])
if left == 0 then
    call('ZREM', KEYS[1], ME)
    call('DEL', KEYS[16])
    if call('EXISTS', KEYS[1]) == 0 and call('EXISTS', KEYS[3]) == 0 then
        call('DEL', KEYS[11])
    end
else
    call('ZADD', KEYS[1], 0, ME)
end
return left
