-- Sets maxima in force, or removes them, and lets those look again that waited for a limit that is higher now. Nothing
-- that runs is touched.
--
-- include lib/scheduler.lua
-- ARGV  then: limits, each: name, maximum or '' to remove it
-- Reply {1 where more flows are to be brought to look again, by the same call, else 0; queues of others to wake}
-- Cost  O(flows that look again × log n), 64 of them at most
for at = REST, #ARGV, 2 do
    limits.set(ARGV[at], ARGV[at + 1] ~= '' and ARGV[at + 1] or false)
end
limits.flush()
local left = 64
for at = REST, #ARGV, 2 do
    local name = ARGV[at]
    local parked = {}
    if left > 0 then
        parked = range(KEYS[8], name, left)
        -- those of a dynamic limit: name==value
        for _, member in
            ipairs(call('ZRANGEBYLEX', KEYS[8], '[' .. name .. '==', '(' .. name .. '=>', 'LIMIT', 0, left))
        do
            parked[#parked + 1] = member
        end
    end
    for _, member in ipairs(parked) do
        local counter, tag, flow = parts_of(member)
        local f = parse(flow)
        if left > 0 and room_of(counter, name) > 0 then
            left = left - 1
            call('ZREM', KEYS[8], member)
            into_run(f, string.match(tag, '([^\31]*)$'), flow_state(flow).n)
        end
    end
end
return { left == 0 and 1 or 0, flush() }
