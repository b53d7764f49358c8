-- Sets maxima in force, or removes them, and lets those look again that waited for a limit that is higher now. Nothing
-- that runs is touched.
--
-- include lib/scheduler.lua
-- ARGV  then: limits, each: name, maximum or '' to remove it
-- Reply {1 where more flows are to be brought to look again, by the same call, else 0; queues of others to wake}
-- Cost  O((flows that look again + values of the limits that some wait for) × log n), of the flows 64 at most
for at = REST, #ARGV, 2 do
    limits.set(ARGV[at], ARGV[at + 1] ~= '' and ARGV[at + 1] or false)
end
limits.flush()
local left = 64
local function look_again(name, from, to)
    while left > 0 do
        local first = parked.stored(from, to)
        if not first then
            return
        end
        local counter, tag = parts_of(first)
        local queue = string.match(tag, '^[^\30]*')
        local room = room_of(counter, name)
        for _ = 1, math.min(room, left) do
            if not unpark(counter, queue) then
                break
            end
            left = left - 1
        end
        from = counter .. (room > 0 and GS .. queue .. US or RS)
    end
end
for at = REST, #ARGV, 2 do
    local name = ARGV[at]
    look_again(name, name .. GS, name .. RS)
    -- those of a dynamic limit: name==value
    look_again(name, name .. '==', name .. '=>')
end
return { left == 0 and 1 or 0, flush() }
