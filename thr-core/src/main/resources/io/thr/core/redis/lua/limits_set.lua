-- Sets maxima in force, or removes them, and lets those look again that waited for a limit that is higher now. Nothing
-- that runs is touched.
--
-- include lib/scheduler.lua
-- KEYS  then:
--        1   overridden HASH limit -> the maximum that somebody has set, ' ', the configured one
-- ARGV  then:
--        1   'configured': what a member's configuration says; where somebody has set another, that stays in force
--          | 'set': what somebody sets instead, until it is reset
--          | 'reset': the configured one again
--        2…  limits, each: name, maximum, or '' to remove it; of 'reset' the maximum means nothing
-- Reply {1 where more flows are to be brought to look again, by the same call, else 0; queues of others to wake;
--       how many limits have been changed: of 'set' those that there are, of 'reset' those that had been set}
-- Cost  O((flows that look again + values of the limits that some wait for) × log n), of the flows 64 at most
local mode, overridden = ARGV[REST], KEYS[MARKERS + QUEUES + 1]
local changed = 0
for at = REST + 1, #ARGV, 2 do
    local name, max = ARGV[at], ARGV[at + 1]
    local set, configured = string.match(call('HGET', overridden, name) or '', '^(%S+) (%S+)$')
    if mode == 'set' then
        configured = configured or limits.get(name)
        if configured then
            call('HSET', overridden, name, max .. ' ' .. configured)
            limits.set(name, max)
            changed = changed + 1
        end
    elseif mode == 'reset' then
        if set then
            call('HDEL', overridden, name)
            changed = changed + 1
            -- where no member is left, nothing is in force
            limits.set(name, limits.get(name) and configured)
        end
    else
        changed = changed + 1
        if max == '' then
            call('HDEL', overridden, name)
        elseif set then
            call('HSET', overridden, name, set .. ' ' .. max)
        end
        limits.set(name, max ~= '' and (set or max))
    end
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
for at = REST + 1, #ARGV, 2 do
    local name = ARGV[at]
    look_again(name, name .. GS, name .. RS)
    -- those of a dynamic limit: name==value
    look_again(name, name .. '==', name .. '=>')
end
return { left == 0 and 1 or 0, flush(), changed }
