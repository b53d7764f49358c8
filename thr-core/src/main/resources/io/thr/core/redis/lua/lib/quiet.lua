-- The short way of `schedule` and `finish` while nobody waits on the bus and no shares are kept: there is nobody to
-- overtake and nobody to wake, so a step counts, notes, and is done, without the machinery of lib/scheduler.lua. It reads
-- before it writes; where anything is out of the ordinary it has changed nothing, and the long way takes over.
--
-- KEYS and ARGV are those of lib/scheduler.lua, which see.
local quiet = {}

function quiet.now()
    if ARGV[2] ~= '' then
        return tonumber(ARGV[2]) / 1000
    end
    local time = redis.call('TIME')
    return time[1] * 1000 + time[2] / 1000
end

-- That something is paused counts as well. A marker of the member's queues does, too: one that came late, for what has been taken or has left meanwhile, is for
-- the long way to take down, or it would wake the member again and again.
function quiet.is_quiet()
    return redis.call('EXISTS', KEYS[5], KEYS[9], KEYS[14], unpack(KEYS, 18, 18 + tonumber(ARGV[3]))) == 0
end

function quiet.has_lease(now)
    local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
    return lease and tonumber(lease) > now
end

-- The counters of a flow, noted with how often, in `wanted` and `names`; false where the flow has a path.
function quiet.counters(flow, wanted, names)
    local list = string.match(flow, '^[^\30]*\30\30(.*)$')
    if not list then
        return false
    end
    for counter in string.gmatch(list, '[^\31]+') do
        if not wanted[counter] then
            wanted[counter] = 0
            names[#names + 1] = counter
        end
        wanted[counter] = wanted[counter] + 1
    end
    return true
end

-- What the counts become when so many are added to each, as arguments of HSET and HDEL.
function quiet.add(names, wanted, sign, counts)
    local sets, dels = {}, {}
    for i, counter in ipairs(names) do
        local count = tonumber(counts[i] or 0) + sign * wanted[counter]
        if count > 0 then
            sets[#sets + 1] = counter
            sets[#sets + 1] = string.format('%.0f', count)
        else
            dels[#dels + 1] = counter
        end
    end
    if #sets > 0 then
        redis.call('HSET', KEYS[10], unpack(sets))
    end
    if #dels > 0 then
        redis.call('HDEL', KEYS[10], unpack(dels))
    end
end
