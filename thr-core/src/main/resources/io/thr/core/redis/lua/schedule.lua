-- Makes tickets of messages that the member has claimed, and gives it as many tickets as may run and it has room for.
-- Doing it twice is as good as doing it once, but for the grants of the first time.
--
-- KEYS, and ARGV at first, are those of lib/scheduler.lua
-- ARGV  then:
--        1   how many the member can run now, 0 to 16
--        2   how many limits follow, each: name, and the maximum that holds where none is in force
--        …   tickets, 1 to 16, the most urgent first, each: id, request, flow, order or '' where it is new, head start in
--            ms that is taken off its arrival (less comes first), deadline in epoch ms or 0, attempts begun before
-- Reply {'no lease'}: nothing was done
--       | {'done', how many wait, queues of others to wake, outcomes, grants}
--       an outcome: 'run' | 'wait' | 'wait <counter>' it is blocked by | 'duplicate' of another ticket | 'cancelled'
--       | 'lost': it is not the member's any more; the claims of the last three are for the caller to let go of
--       a grant: {id, queue, message or '' where it is one of these, order, attempts, deadline}
-- Cost  O(tickets × (counters + levels of fairness) × log n)
-- include lib/quiet.lua
-- Nothing but new tickets, all of which may run: nil where there is anything else.
local function all_at_once()
    local own = {}
    for i = 1, tonumber(ARGV[3]) do
        own[ARGV[3 + i]] = true
    end
    local rest = 4 + tonumber(ARGV[3])
    local defaults = tonumber(ARGV[rest + 1])
    local first = rest + 2 + 2 * defaults
    local n = (#ARGV - first + 1) / 7
    if n > tonumber(ARGV[rest]) or not quiet.is_quiet() then
        return nil
    end
    local wanted, names = {}, {}
    local ids, requests, seen = {}, {}, {}
    for at = first, #ARGV, 7 do
        local request, flow = ARGV[at + 1], ARGV[at + 2]
        if seen[request] or not own[string.match(flow, '^[^\30]*')] or not quiet.counters(flow, wanted, names) then
            return nil
        end
        seen[request] = true
        ids[#ids + 1], requests[#requests + 1] = ARGV[at], request
    end
    local now = quiet.now()
    if not quiet.has_lease(now) then
        return nil
    end
    local counts = {}
    if #names > 0 then
        local max_of, limits = {}, {}
        for i = 1, defaults do
            limits[i] = ARGV[rest + 2 * i]
        end
        local maxima = defaults > 0 and redis.call('HMGET', KEYS[11], unpack(limits)) or {}
        for i, limit in ipairs(limits) do
            if not maxima[i] then
                return nil
            end
            max_of[limit] = tonumber(maxima[i])
        end
        counts = redis.call('HMGET', KEYS[10], unpack(names))
        for i, counter in ipairs(names) do
            local cut = string.find(counter, '==', 1, true)
            local max = max_of[cut and string.sub(counter, 1, cut - 1) or counter]
            if not max or tonumber(counts[i] or 0) + wanted[counter] > max then
                return nil
            end
        end
    end
    for _, claimed in ipairs(redis.call('HMGET', KEYS[15], unpack(ids))) do
        if not claimed then
            return nil
        end
    end
    for _, holder in ipairs(redis.call('HMGET', KEYS[4], unpack(requests))) do
        if holder then
            return nil
        end
    end
    local records, mapped, outcomes = {}, {}, {}
    for at = first, #ARGV, 7 do
        local order = ARGV[at + 3]
        if order == '' then
            order = string.format('%018.3f', math.max(0, now + tonumber(ARGV[at + 4]) + (#outcomes + 1) / 1000))
        end
        records[#records + 1] = ARGV[at]
        records[#records + 1] = table.concat({
            ARGV[1],
            string.format('%.3f', now),
            '0.000',
            ARGV[at + 1],
            ARGV[at + 2],
            order,
            ARGV[at + 5],
            ARGV[at + 6],
        }, '\n')
        mapped[#mapped + 1] = ARGV[at + 1]
        mapped[#mapped + 1] = ARGV[at]
        outcomes[#outcomes + 1] = 'run'
    end
    quiet.add(names, wanted, 1, counts)
    redis.call('HSET', KEYS[3], unpack(records))
    redis.call('HSET', KEYS[4], unpack(mapped))
    return { 'done', 0, {}, outcomes, {} }
end
local all = all_at_once()
if all then
    return all
end

-- include lib/scheduler.lua
if not has_lease() then
    return { 'no lease' }
end
local want = tonumber(ARGV[REST])
local at = REST + 2
local defaults, maxima = {}, {}
for i = 1, tonumber(ARGV[REST + 1]) do
    defaults[i], maxima[i] = ARGV[at], ARGV[at + 1]
    at = at + 2
end
limits.fetch(defaults)
for i, name in ipairs(defaults) do
    if not limits.get(name) then
        limits.set(name, maxima[i])
    end
end
limits.flush()

local given, ids, requests, known, names = {}, {}, {}, {}, {}
while at < #ARGV do
    given[#given + 1] = {
        id = ARGV[at],
        request = ARGV[at + 1],
        flow = ARGV[at + 2],
        order = ARGV[at + 3],
        offset = tonumber(ARGV[at + 4]),
        deadline = ARGV[at + 5],
        attempt = ARGV[at + 6],
    }
    ids[#given], requests[#given], names[#given] = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    known[ARGV[at]] = true
    at = at + 7
end
local claimed = call('HMGET', KEYS[15], unpack(ids))
local holders = call('HMGET', KEYS[4], unpack(requests))
local cancelled = call('ZMSCORE', KEYS[14], unpack(requests))
tickets.fetch(ids)
prefetch(names)

local outcomes, started, waits, marks, mapped = {}, 0, {}, {}, {}
for i, g in ipairs(given) do
    local t = tickets.get(g.id)
    if type(t) == 'string' then
        t = read_ticket(t)
    end
    local holder = mapped[g.request] or holders[i]
    if t and t.owner == '' then
        outcomes[i] = 'wait'
    elseif t and t.owner == ME and t.since > 0 then
        outcomes[i] = 'run'
    elseif not claimed[i] then
        outcomes[i] = 'lost'
    elseif holder and holder ~= g.id then
        outcomes[i] = 'duplicate'
    elseif cancelled[i] then
        outcomes[i] = 'cancelled'
    else
        local f = parse(g.flow)
        local order = g.order ~= '' and g.order or stamp(math.max(0, now + g.offset + i / 1000))
        t = {
            owner = '',
            since = now,
            charge = 0,
            request = g.request,
            flow = g.flow,
            order = order,
            deadline = g.deadline,
            attempt = g.attempt,
        }
        mapped[g.request] = g.id
        local charged = started < want and run_at_once(f)
        if charged then
            t.owner, t.charge = ME, charged
            started = started + 1
            outcomes[i] = 'run'
        else
            local counter = enqueue(f, g.id, order)
            outcomes[i] = counter and 'wait ' .. counter or 'wait'
            waits[#waits + 1] = g.id
            if g.deadline ~= '0' then
                marks[#marks + 1] = g.deadline
                marks[#marks + 1] = g.id
            end
        end
        tickets.set(g.id, t)
    end
end
if next(mapped) then
    local pairs_of = {}
    for request, id in pairs(mapped) do
        pairs_of[#pairs_of + 1] = request
        pairs_of[#pairs_of + 1] = id
    end
    call('HSET', KEYS[4], unpack(pairs_of))
end
if #waits > 0 then
    call('HDEL', KEYS[15], unpack(waits))
    call('SREM', KEYS[16], unpack(waits))
end
if #marks > 0 then
    call('ZADD', KEYS[12], unpack(marks))
end
local grants = grant(want - started)
for _, g in ipairs(grants) do
    if known[g[1]] then
        g[3] = ''
    end
end
local others_to_wake = flush()
return { 'done', call('ZCARD', KEYS[5]), others_to_wake, outcomes, grants }
