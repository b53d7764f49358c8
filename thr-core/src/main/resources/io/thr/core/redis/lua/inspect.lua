-- Tells where requests are, and what they wait for. Changes nothing.
--
-- include lib/scheduler.lua
-- ARGV  then:
--        1…  the requests
-- Reply of each, in the same order:
--         {'unknown'}: it has no ticket
--       | {'running', queue, owner, since when, epoch ms, {counter, …}}
--       | {'taken', queue, owner}: a member has taken it out of the queue, or over from a lost one, to see to it
--       | {'waiting', queue, how many of its flow come before it, the most specific counter without room or '',
--         {counter, how many run in it, its maximum or '', counter, …}, since when, epoch ms, 1 where its queue is paused else 0,
--         how many that wait for the same come before it, the mean run of what it waits for, ms, or ''}
--       What waits for the same: for that counter; where all have room, for a turn in its queue. Who comes before whom, as
--       orders and shares stand now: of other shares as many as start-time fair queueing would take first if nobody else came.
-- Cost  O((flows that wait for the same, BUDGET at most, + counters) × log n) for each
local function flow_in(member)
    local _, _, child = parts_of(member)
    return string.find(child, RS .. '[^\30]*' .. RS) and child or nil
end

local function has_counter(f, counter)
    for _, name in ipairs(f.counters) do
        if name == counter then
            return true
        end
    end
    return false
end

-- The flows that wait for the same: in `parked` for that counter, and in `run`, of that queue.
local groups = {}
local function group_of(queue, counter)
    local name = queue .. GS .. (counter or '')
    if not groups[name] then
        local group = {}
        for _, member in ipairs(call('ZRANGEBYLEX', KEYS[7], '[' .. queue .. GS, '(' .. queue .. US, 'LIMIT', 0, BUDGET)) do
            local flow = flow_in(member)
            if flow and (not counter or has_counter(parse(flow), counter)) then
                group[#group + 1] = flow
            end
        end
        if counter then
            for _, member in ipairs(call('ZRANGEBYLEX', KEYS[8], '[' .. counter .. GS, '(' .. counter .. RS, 'LIMIT', 0, BUDGET)) do
                group[#group + 1] = flow_in(member)
            end
        end
        prefetch(group)
        groups[name] = group
    end
    return groups[name]
end

-- How many of a flow come before that order.
local function count_before(flow, order)
    return call('ZLEXCOUNT', KEYS[5], '[' .. flow .. GS, '(' .. flow .. GS .. order)
end

-- The first level at which two flows of a queue part; nil where they have the same leaf, or levels of their own.
local function parting(f, g)
    if #f.nodes ~= #g.nodes then
        return nil
    end
    for level = 1, #f.nodes do
        if f.nodes[level] ~= g.nodes[level] then
            return level
        end
    end
end

-- Virtual start of a node's next request, and by how much each further one is later.
local function virtual(f, level)
    local share, parent, root = share_of(f.nodes[level], true), share_of(parent_of(f, level), true), share_of(f.queue, true)
    local guess = share.guess
    if guess < 0 then
        guess = root.guess >= 0 and root.guess or FIRST_GUESS
    end
    return math.max(share.start, parent.time - LAG), guess / f.weights[level]
end

local function served_before(f, level, n, sibling)
    local g = sibling.flow
    if f.weights[level] == 0 or g.weights[level] == 0 then
        return node_tag(g, level) < node_tag(f, level) and sibling.n or 0
    end
    local mine, step = virtual(f, level)
    local theirs, their_step = virtual(g, level)
    mine = mine + n * step
    return theirs > mine and 0 or math.min(sibling.n, math.floor((mine - theirs) / their_step) + 1)
end

local function ahead_of(f, order, own, group)
    local n, elsewhere, siblings = own, 0, {}
    for level = 1, #f.nodes do
        siblings[level] = {}
    end
    for _, name in ipairs(group) do
        local g = parse(name)
        if name ~= f.name then
            local level = g.queue == f.queue and parting(f, g) or nil
            if level then
                local of = siblings[level][g.nodes[level]] or { n = 0, flow = g }
                of.n = of.n + flow_state(name).n
                siblings[level][g.nodes[level]] = of
            elseif g.queue == f.queue then
                n = n + count_before(name, order)
            else
                elsewhere = elsewhere + count_before(name, order)
            end
        end
    end
    for level = #f.nodes, 1, -1 do
        local before = 0
        for _, sibling in pairs(siblings[level]) do
            before = before + served_before(f, level, n, sibling)
        end
        n = n + before
    end
    return n + elsewhere
end

local function inspect(request)
    local id = call('HGET', KEYS[4], request)
    local text = id and call('HGET', KEYS[3], id)
    if not text then
        return { 'unknown' }
    end
    local t = read_ticket(text)
    local f = parse(t.flow)
    if t.owner ~= '' and t.since > 0 then
        return { 'running', f.queue, t.owner, string.format('%.0f', t.since), f.counters }
    elseif t.owner ~= '' then
        return { 'taken', f.queue, t.owner }
    end
    local state = flow_state(t.flow)
    local own = call('ZLEXCOUNT', KEYS[5], '[' .. t.flow .. GS, '(' .. t.flow .. GS .. t.order .. GS .. id)
    local counters = {}
    for i, counter in ipairs(f.counters) do
        counters[#counters + 1] = counter
        counters[#counters + 1] = count_of(counter)
        counters[#counters + 1] = limits.get(f.limits[i]) or ''
    end
    local blocked = blocking(f)
    local awaited = blocked or state.kind == 'p' and parts_of(state.member) or nil
    local pace = 'q:' .. f.queue
    for i, counter in ipairs(f.counters) do
        if counter == awaited then
            pace = 'l:' .. f.limits[i]
        end
    end
    return {
        'waiting',
        f.queue,
        own,
        blocked or '',
        counters,
        string.format('%.0f', t.since),
        paused.get(f.queue) and 1 or 0,
        ahead_of(f, t.order, own, group_of(f.queue, awaited)),
        string.match(paces.get(pace) or '', '^%S*'),
    }
end
local replies = {}
for i = REST, #ARGV do
    replies[#replies + 1] = inspect(ARGV[i])
end
return replies
