-- What the steps of the scheduler share: its keys, its records, and the moves that keep its promises.
--
-- Every step of the scheduler is given these KEYS first; each adds its own behind them.
--   1  members       ZSET  member -> end of its lease, epoch ms
--   2  messages      HASH  id -> raw message, from the taking off its queue to the end
--   3  tickets       HASH  id -> record of a ticket: waiting, running, or taken over (see `read_ticket`)
--   4  requests      HASH  request -> id of its ticket; keeps one where a request is offered twice
--   5  waiting       ZSET  all scores 0: flow GS order GS id
--   6  flows         HASH  flow -> how many wait in it, and where it stands: r + member of `run`, p + member of `parked`
--   7  run           ZSET  all scores 0: node GS tag GS child; the children of a node that can run, first come first
--   8  parked        ZSET  all scores 0: counter GS queue RS tag GS flow; the flows that wait for that counter
--   9  fair          HASH  node -> record of its share (see `share_of`)
--  10  counts        HASH  counter -> how many requests run in it; no field where none does
--  11  limits        HASH  limit -> maximum in force; no field: no limit
--  12  deadlines     ZSET  id of a waiting ticket, or of a withheld one -> epoch ms
--  13  withheld      HASH  id -> record of a lost member's ticket whose slots are kept until its deadline
--  14  cancelled     ZSET  request whose client left before it had a ticket -> epoch ms when that may be forgotten
--  15  claimed:<me>  HASH  id -> queue, for all that the calling member owns, running or not
--  16  sent:<me>     SET   ids that the member has sent, or is about to send
--  17  pace          HASH  'q:' queue or 'l:' limit -> mean time that its requests ran of late, ms, ' ', of how many;
--                          kept while somebody waits
--  18  paused        HASH  queue of which nothing is begun -> since when, epoch ms
--  19… runnable:<queue> LIST  one element while something of that queue can run and nobody has taken it; for the
--                          member's queues
-- and these ARGV:
--   1  the member
--   2  '' for the server's clock; a test may give epoch microseconds
--   3  how many queues are the member's, and then their names, the preferred first
--
-- A flow is queue RS path RS counters. The path is empty, or has one element a level of fairness: weight ':' key, or
-- '=' and two digits, a class that comes strictly before the next. Counters go from the general to the specific; a
-- counter is its limit's name, or name '==' value. No name or value has a character below the blank.
--
-- The tree of `run`: a queue has nodes as children, or flows; a node is named queue RS path. A node stands in its
-- parent under its virtual start (start-time fair queueing, Goyal et al. 1996, charged by slot-milliseconds), a flow
-- under the order of its first ticket. Nothing blocked stands in it but what has not been tried since it got blocked.
--
-- The promise that no slot stays free while a request could have it: for each counter with room and each queue with flows
-- parked for it there are at least as many flows of that queue in `run` that could take the room as there is room, and
-- they come before those that are parked. A slot given back brings one flow of each queue from `parked` to `run`, as who
-- serves one queue may have no room for it while who serves another has; and a flow that leaves `run` without having
-- taken its slot, or falls back in it, brings another of its queue.
--
-- Cost: all is O(log n); what is looked at in one call is bounded by BUDGET. Records are read once a call and written
-- once, by `flush`.
local call = redis.call
local RS, US, GS = '\30', '\31', '\29'
local ME = ARGV[1]
local QUEUES = tonumber(ARGV[3])
local REST = 4 + QUEUES
-- After this one come the markers of the member's queues, and then the step's own keys.
local MARKERS = 18
-- How many flows one call looks at when it looks for one that can run; the marker leaves the rest to the next call.
local BUDGET = 256
-- How far behind the others a share that was blocked comes back, slot-ms: so much it may make up for.
local LAG = 10000
-- What a run is charged where none of its queue has ended yet, ms.
local FIRST_GUESS = 100
-- How many runs the pace is the mean of, where there were so many.
local PACE_OF = 32

local now
if ARGV[2] == '' then
    local time = call('TIME')
    now = time[1] * 1000 + time[2] / 1000
else
    now = tonumber(ARGV[2]) / 1000
end

-- Orders and virtual starts, always as wide, so that they sort as texts do, and the order ends the tag it stands in.
local STAMP = 18
local function stamp(millis)
    return string.format('%018.3f', millis)
end

local function parts_of(member)
    return string.match(member, '^([^\29]*)\29([^\29]*)\29(.*)$')
end

-- Whether the member's lease stands, without which it is given nothing: nobody would look after it.
local function has_lease()
    local lease = call('ZSCORE', KEYS[1], ME)
    return lease and tonumber(lease) > now
end

-- Flows, taken apart once a call.
local parsed = {}
local function parse(flow)
    local f = parsed[flow]
    if f then
        return f
    end
    local queue, path, counters = string.match(flow, '^([^\30]*)\30([^\30]*)\30(.*)$')
    f = { name = flow, queue = queue, nodes = {}, weights = {}, counters = {}, limits = {}, leaf = queue }
    for element in string.gmatch(path, '[^\31]+') do
        f.leaf = f.leaf .. (#f.nodes == 0 and RS or US) .. element
        f.nodes[#f.nodes + 1] = f.leaf
        -- a class has no weight, its place is fixed
        f.weights[#f.weights + 1] = tonumber(string.match(element, '^([%d.]+):')) or 0
    end
    for counter in string.gmatch(counters, '[^\31]+') do
        f.counters[#f.counters + 1] = counter
        local cut = string.find(counter, '==', 1, true)
        f.limits[#f.limits + 1] = cut and string.sub(counter, 1, cut - 1) or counter
    end
    parsed[flow] = f
    return f
end

-- A command with as many arguments as there are, of which Lua can unpack only so many at once; none: no command.
local function call_with(command, key, arguments)
    for i = 1, #arguments, 1000 do
        call(command, key, unpack(arguments, i, math.min(i + 999, #arguments)))
    end
end

-- Fields of a hash, read once and written once.
local function cache(key)
    local self = { value = {}, dirty = {} }
    function self.fetch(names)
        local missing = {}
        for _, name in ipairs(names) do
            if self.value[name] == nil then
                self.value[name] = false
                missing[#missing + 1] = name
            end
        end
        if #missing > 0 then
            local found = call('HMGET', key, unpack(missing))
            for i, name in ipairs(missing) do
                self.value[name] = found[i]
            end
        end
    end
    function self.get(name)
        if self.value[name] == nil then
            self.value[name] = call('HGET', key, name)
        end
        return self.value[name]
    end
    -- false: none
    function self.set(name, value)
        self.value[name] = value
        self.dirty[name] = true
    end
    function self.flush(write)
        local sets, dels = {}, {}
        for name in pairs(self.dirty) do
            local value = self.value[name]
            if value and write then
                value = write(value)
            end
            if value then
                sets[#sets + 1] = name
                sets[#sets + 1] = value
            else
                dels[#dels + 1] = name
            end
        end
        call_with('HSET', key, sets)
        call_with('HDEL', key, dels)
    end
    return self
end

local tickets, flows, counts, limits, fair, paces =
    cache(KEYS[3]), cache(KEYS[6]), cache(KEYS[10]), cache(KEYS[11]), cache(KEYS[9]), cache(KEYS[17])
local paused = cache(KEYS[18])

-- Members of an ordered set, read as they are needed and written once a call: most of what comes and goes within a call
-- never gets there. A member is a prefix, which ends in a separator, and a tag, GS and the rest; it is always asked for
-- the first of a prefix. What is added is kept by prefix, with its tag.
local function ordered(key, prefix_of)
    local added, removed, pages, touched = {}, {}, {}, false
    local self = {}
    -- The n-th in the set with that prefix that is not removed, read a few at a time.
    local function stored(prefix, n)
        local page = pages[prefix]
        if not page then
            page = { size = 0, done = false, skip = 0 }
            pages[prefix] = page
        end
        local at = page.skip
        while true do
            at = at + 1
            if at > page.size then
                if page.done then
                    return nil
                end
                local last = string.sub(prefix, 1, -2) .. string.char(string.byte(prefix, -1) + 1)
                local more = call('ZRANGEBYLEX', key, '[' .. prefix, '(' .. last, 'LIMIT', page.size, 2)
                for i = 1, #more do
                    page[page.size + i] = more[i]
                end
                page.size = page.size + #more
                page.done = #more < 2
            end
            local member = page[at]
            if member and not removed[member] then
                n = n - 1
                if n == 0 then
                    return member
                end
            elseif at == page.skip + 1 then
                page.skip = at
            end
        end
    end
    local function tag_of(prefix, member)
        return string.sub(member, #prefix + 1, string.find(member, GS, #prefix + 1, true) - 1)
    end
    local function first_added(prefix, except)
        local best, best_tag
        for member, tag in pairs(added[prefix] or {}) do
            if member ~= except and (not best or tag < best_tag) then
                best, best_tag = member, tag
            end
        end
        return best, best_tag
    end
    local function earlier(prefix, a, b, tag)
        if not b then
            return a
        end
        if not a then
            return b
        end
        return tag_of(prefix, a) <= tag and a or b
    end
    -- Adds what is not there, and gives the member's whole name.
    function self.add(prefix, tag, rest)
        touched = true
        local member = prefix .. tag .. GS .. rest
        if removed[member] then
            removed[member] = nil
            local page = pages[prefix]
            if page then
                page.skip = 0
            end
            return member
        end
        local group = added[prefix]
        if not group then
            group = {}
            added[prefix] = group
        end
        group[member] = tag
        return member
    end
    -- Removes what is there, by its whole name.
    function self.remove(member)
        touched = true
        local group = added[prefix_of(member)]
        if group and group[member] then
            group[member] = nil
        else
            removed[member] = true
        end
    end
    function self.first(prefix)
        return earlier(prefix, stored(prefix, 1), first_added(prefix))
    end
    function self.first_two(prefix)
        local one = self.first(prefix)
        if not one then
            return nil, nil
        end
        local a = stored(prefix, 1)
        if a == one then
            a = stored(prefix, 2)
        end
        return one, earlier(prefix, a, first_added(prefix, one))
    end
    -- What stands in the set from one string on and before another, whatever was added or removed in this call.
    function self.stored(from, to)
        return call('ZRANGEBYLEX', key, '[' .. from, '(' .. to, 'LIMIT', 0, 1)[1]
    end
    function self.added()
        return added
    end
    -- Whether there was anything to write.
    function self.flush()
        if not touched then
            return false
        end
        local gone, come = {}, {}
        for member in pairs(removed) do
            gone[#gone + 1] = member
        end
        for _, group in pairs(added) do
            for member in pairs(group) do
                come[#come + 1] = 0
                come[#come + 1] = member
            end
        end
        call_with('ZREM', key, gone)
        call_with('ZADD', key, come)
        return true
    end
    return self
end

local function up_to_group(member)
    return string.sub(member, 1, string.find(member, GS, 1, true))
end

local waiting, run = ordered(KEYS[5], up_to_group), ordered(KEYS[7], up_to_group)

-- Flows of one queue that wait for one counter.
local parked = ordered(KEYS[8], function(member)
    return string.sub(member, 1, string.find(member, RS, string.find(member, GS, 1, true), true))
end)

-- The record of a ticket: owner, empty while it waits; since when it waits or runs, epoch ms, 0 where it does neither; what its run
-- was charged, slot-ms; request; flow; order; deadline, epoch ms, 0 for none; attempts begun before this one.
local function read_ticket(text)
    local t = {}
    t.owner, t.since, t.charge, t.request, t.flow, t.order, t.deadline, t.attempt = string.match(
        text,
        '^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)$'
    )
    t.since, t.charge = tonumber(t.since), tonumber(t.charge)
    return t
end

local function write_ticket(t)
    return table.concat({
        t.owner,
        t.since == 0 and '0.000' or string.format('%.3f', t.since),
        t.charge == 0 and '0.000' or string.format('%.3f', t.charge),
        t.request,
        t.flow,
        t.order,
        t.deadline,
        t.attempt,
    }, '\n')
end

-- How many wait in a flow and where it stands; false where nobody waits.
local function flow_state(flow)
    local text = flows.get(flow)
    if type(text) == 'string' then
        local n, kind, member = string.match(text, '^(%d+)([rp])(.*)$')
        text = { n = tonumber(n), kind = kind, member = member }
        flows.value[flow] = text
    end
    return text
end

local function write_flow(state)
    return string.format('%.0f', state.n) .. state.kind .. state.member
end

-- A node's share: start, its virtual start; waiting and running, how many are below it; guess, the moving mean of
-- how long its requests run, ms; time, the virtual time of its children; born, when the record was made, and under,
-- when its parent's was, as a start means nothing under another parent; tag, under which it stands in its parent,
-- empty where it does not.
local function share_of(node, only_to_look)
    local text = fair.get(node)
    if type(text) == 'string' then
        local start, waiting, running, guess, time, born, under, tag =
            string.match(text, '^([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*)$')
        text = {
            start = tonumber(start),
            waiting = tonumber(waiting),
            running = tonumber(running),
            guess = tonumber(guess),
            time = tonumber(time),
            born = born,
            under = under,
            tag = tag,
        }
        fair.value[node] = text
    elseif not text then
        text = { start = 0, waiting = 0, running = 0, guess = -1, time = 0, under = '', tag = '', forget = true }
        text.born = stamp(now)
        fair.value[node] = text
    end
    if not only_to_look then
        fair.dirty[node] = true
    end
    return text
end

local function write_share(s)
    if s.waiting == 0 and s.running == 0 and s.forget then
        return false
    end
    return string.format(
        '%.3f %.0f %.0f %.3f %.3f %s %s %s',
        s.start,
        s.waiting,
        s.running,
        s.guess,
        s.time,
        s.born,
        s.under,
        s.tag
    )
end

local function count_of(counter)
    local count = counts.get(counter)
    return count and tonumber(count) or 0
end

local function add_count(counter, n)
    local count = count_of(counter) + n
    counts.set(counter, count > 0 and string.format('%.0f', count) or false)
end

local function room_of(counter, limit)
    local max = limits.get(limit)
    return max and tonumber(max) - count_of(counter) or math.huge
end

-- Reads what is needed of flows in one go.
local function prefetch(names)
    local nodes, their_counts, their_limits = {}, {}, {}
    for _, name in ipairs(names) do
        local f = parse(name)
        for i, counter in ipairs(f.counters) do
            their_counts[#their_counts + 1] = counter
            their_limits[#their_limits + 1] = f.limits[i]
        end
        if #f.nodes > 0 then
            nodes[#nodes + 1] = f.queue
            for _, node in ipairs(f.nodes) do
                nodes[#nodes + 1] = node
            end
        end
    end
    counts.fetch(their_counts)
    limits.fetch(their_limits)
    fair.fetch(nodes)
    flows.fetch(names)
end

-- The most specific counter without room; nil where the flow can run.
local function blocking(f)
    if #f.counters > 0 then
        limits.fetch(f.limits)
        counts.fetch(f.counters)
    end
    for i = #f.counters, 1, -1 do
        if room_of(f.counters[i], f.limits[i]) <= 0 then
            return f.counters[i]
        end
    end
end

-- Queues of others in which something can run now.
local others = {}
local own = {}
for i = 1, QUEUES do
    own[ARGV[3 + i]] = true
end

local function node_tag(f, level)
    if f.weights[level] == 0 then
        return string.match(f.nodes[level], '=(%d+)$')
    end
    local share = share_of(f.nodes[level])
    if share.stamped ~= share.start then
        share.stamped, share.stamp = share.start, stamp(share.start)
    end
    return share.stamp
end

local function parent_of(f, level)
    return level == 1 and f.queue or f.nodes[level - 1]
end

-- Puts a node where its virtual start says, if it stands in its parent.
local function retag(f, level)
    local share = share_of(f.nodes[level])
    if share.tag == '' then
        return
    end
    local tag = node_tag(f, level)
    if tag ~= share.tag then
        local parent = parent_of(f, level)
        run.remove(parent .. GS .. share.tag .. GS .. f.nodes[level])
        run.add(parent .. GS, tag, f.nodes[level])
        share.tag = tag
    end
end

-- Somebody comes to a node below which nobody waits: it does not get what it did not use meanwhile.
local function activate(f, level)
    local share, parent = share_of(f.nodes[level]), share_of(parent_of(f, level))
    if share.waiting > 0 then
        return
    end
    if share.under ~= parent.born then
        share.start, share.under = parent.time, parent.born
    else
        share.start = math.max(share.start, parent.time)
    end
end

local function order_in(member)
    local _, tag = parts_of(member)
    return string.sub(tag, -STAMP)
end

local runnable = {}

local function into_run(f, order, n)
    runnable[f.queue] = true
    local member = run.add(f.leaf .. GS, order, f.name)
    flows.set(f.name, { n = n, kind = 'r', member = member })
    for level = #f.nodes, 1, -1 do
        local share = share_of(f.nodes[level])
        if share.tag ~= '' then
            break
        end
        -- what could not run for long does not get all of it back at once
        share.start = math.max(share.start, share_of(parent_of(f, level)).time - LAG)
        share.tag = node_tag(f, level)
        run.add(parent_of(f, level) .. GS, share.tag, f.nodes[level])
    end
    if not own[f.queue] then
        others[f.queue] = true
    end
end

local function out_of_run(f, state)
    run.remove(state.member)
    for level = #f.nodes, 1, -1 do
        if run.first(f.nodes[level] .. GS) then
            return
        end
        local share = share_of(f.nodes[level])
        if share.tag ~= '' then
            run.remove(parent_of(f, level) .. GS .. share.tag .. GS .. f.nodes[level])
            share.tag = ''
        end
    end
end

local function parked_tag(f, order)
    local tags = {}
    for level = 1, #f.nodes do
        tags[level] = node_tag(f, level)
    end
    tags[#tags + 1] = order
    return table.concat(tags, US)
end

local function into_parked(f, counter, order, n)
    local member = parked.add(counter .. GS .. f.queue .. RS, parked_tag(f, order), f.name)
    flows.set(f.name, { n = n, kind = 'p', member = member })
end

-- Brings the flow of a queue that is first among those that wait for a counter to `run`; false where there is none.
local function unpark(counter, queue)
    for try = 1, 9 do
        local prefix = counter .. GS .. queue .. RS
        local first = parked.first(prefix)
        if not first then
            return false
        end
        local _, tag, flow = parts_of(first)
        tag = string.sub(tag, #queue + 2)
        local f, order, n = parse(flow), order_in(first), flow_state(flow).n
        parked.remove(first)
        -- virtual starts have grown since it was parked: it may not be the first any more
        if try == 9 or #f.nodes == 0 or parked_tag(f, order) <= tag then
            into_run(f, order, n)
            return true
        end
        into_parked(f, counter, order, n)
    end
end

-- The same for each queue, so many times.
local function unpark_all(counter, times)
    local queues = {}
    local start = counter .. GS
    for prefix, group in pairs(parked.added()) do
        if next(group) and string.sub(prefix, 1, #start) == start then
            queues[string.sub(prefix, #start + 1, -2)] = true
        end
    end
    local from = start
    while true do
        local first = parked.stored(from, counter .. RS)
        if not first then
            break
        end
        local queue = string.match(first, '^[^\29]*\29([^\30]*)')
        queues[queue] = true
        from = start .. queue .. US
    end
    for queue in pairs(queues) do
        local left = times
        while left > 0 and unpark(counter, queue) do
            left = left - 1
        end
    end
end

-- Somebody who could have taken a slot of these counters will not: another may.
local function pass_on(f, except)
    for i, counter in ipairs(f.counters) do
        if counter ~= except and room_of(counter, f.limits[i]) > 0 then
            unpark(counter, f.queue)
        end
    end
end

local function park(f, state, counter)
    local order = order_in(state.member)
    out_of_run(f, state)
    into_parked(f, counter, order, state.n)
    pass_on(f, counter)
end

-- One more waits. Gives the counter that it waits for, nil where it can run.
local function enqueue(f, id, order)
    waiting.add(f.name .. GS, order, id)
    if #f.nodes > 0 then
        local root = share_of(f.queue)
        root.waiting = root.waiting + 1
    end
    for level = 1, #f.nodes do
        activate(f, level)
        local share = share_of(f.nodes[level])
        share.waiting = share.waiting + 1
    end
    local state = flow_state(f.name)
    if not state then
        local counter = blocking(f)
        if counter then
            into_parked(f, counter, order, 1)
        else
            into_run(f, order, 1)
        end
        return counter
    end
    state.n = state.n + 1
    flows.dirty[f.name] = true
    local is_parked = state.kind == 'p'
    local counter = is_parked and parts_of(state.member) or nil
    if order < order_in(state.member) then
        if is_parked then
            parked.remove(state.member)
            -- there may be room that others are in `run` for, whom it comes before now
            counter = blocking(f)
        else
            run.remove(state.member)
        end
        if counter then
            into_parked(f, counter, order, state.n)
        else
            into_run(f, order, state.n)
        end
    end
    return counter
end

local function dequeued(f)
    if #f.nodes > 0 then
        local root = share_of(f.queue)
        root.waiting = root.waiting - 1
    end
    for level = 1, #f.nodes do
        local share = share_of(f.nodes[level])
        share.waiting = share.waiting - 1
    end
end

-- One less waits, and not because it runs.
local function dequeue(f, id, order)
    waiting.remove(f.name .. GS .. order .. GS .. id)
    dequeued(f)
    local state = flow_state(f.name)
    local is_parked = state.kind == 'p'
    if state.n == 1 then
        if is_parked then
            parked.remove(state.member)
        else
            out_of_run(f, state)
        end
        flows.set(f.name, false)
        if not is_parked then
            pass_on(f)
        end
        return
    end
    state.n = state.n - 1
    flows.dirty[f.name] = true
    if order == order_in(state.member) then
        local _, head = parts_of(waiting.first(f.name .. GS))
        if is_parked then
            local counter = parts_of(state.member)
            parked.remove(state.member)
            into_parked(f, counter, head, state.n)
        else
            run.remove(state.member)
            into_run(f, head, state.n)
            -- those that are parked may come before it now
            pass_on(f)
        end
    end
end

-- Charges the guess for one run to the flow's nodes, and gives it.
local function charge(f)
    if #f.nodes == 0 then
        return 0
    end
    local root = share_of(f.queue)
    local guess = share_of(f.leaf).guess
    if guess < 0 then
        guess = root.guess >= 0 and root.guess or FIRST_GUESS
    end
    root.running = root.running + 1
    for level = 1, #f.nodes do
        local share, parent = share_of(f.nodes[level]), share_of(parent_of(f, level))
        parent.time = math.max(parent.time, share.start)
        share.running = share.running + 1
        if f.weights[level] > 0 then
            share.start = share.start + guess / f.weights[level]
        end
    end
    return guess
end

-- Corrects what was charged by what it was.
local function settle(f, charged, spent)
    if #f.nodes == 0 then
        return
    end
    local root = share_of(f.queue)
    root.running = root.running - 1
    root.guess = root.guess < 0 and spent or root.guess + (spent - root.guess) / 8
    for level = 1, #f.nodes do
        local share = share_of(f.nodes[level])
        share.running = share.running - 1
        share.guess = share.guess < 0 and spent or share.guess + (spent - share.guess) / 8
        if f.weights[level] > 0 then
            share.start = math.max(0, share.start + (spent - charged) / f.weights[level])
            retag(f, level)
        end
    end
end

local function acquire(f)
    for _, counter in ipairs(f.counters) do
        add_count(counter, 1)
    end
end

local freed = {}
local released = 0

-- Whether somebody waited when the call began: what lib/quiet.lua does while nobody does keeps no pace either.
local waited
local function somebody_waits()
    if waited == nil then
        waited = call('EXISTS', KEYS[5]) == 1
    end
    return waited
end

local function note_pace(name, spent)
    local pace = paces.get(name)
    if type(pace) ~= 'table' then
        local mean, of = string.match(pace or '0 0', '^(%S+) (%S+)$')
        pace = { mean = tonumber(mean), of = tonumber(of) }
    end
    pace.of = math.min(pace.of + 1, PACE_OF)
    pace.mean = pace.mean + (spent - pace.mean) / pace.of
    paces.set(name, pace)
end

local function write_pace(pace)
    return string.format('%.3f %.0f', pace.mean, pace.of)
end

-- Gives back what a ticket held.
local function release(t)
    released = released + 1
    local f = parse(t.flow)
    for i, counter in ipairs(f.counters) do
        add_count(counter, -1)
        local slots = freed[counter]
        if slots then
            slots.n = slots.n + 1
        else
            freed[counter] = { n = 1, limit = f.limits[i] }
        end
    end
    settle(f, t.charge, now - t.since)
    if somebody_waits() then
        note_pace('q:' .. f.queue, now - t.since)
        for _, limit in ipairs(f.limits) do
            note_pace('l:' .. limit, now - t.since)
        end
    end
end

-- After all releases of a call: each slot that was given back brings those that wait for it.
local function refill()
    for counter, slots in pairs(freed) do
        local room = room_of(counter, slots.limit)
        if room > 0 then
            unpark_all(counter, math.min(slots.n, room))
        end
    end
end

-- Runs one ticket directly that has just come, where it overtakes nobody; gives what it was charged, nil where it must
-- wait.
local function run_at_once(f)
    if not own[f.queue] or paused.get(f.queue) then
        return nil
    end
    if runnable[f.queue] == nil then
        runnable[f.queue] = run.first(f.queue .. GS) ~= nil
    end
    if runnable[f.queue] or flow_state(f.name) or blocking(f) then
        return nil
    end
    acquire(f)
    for level = 1, #f.nodes do
        activate(f, level)
    end
    local charged = charge(f)
    for level = 1, #f.nodes do
        retag(f, level)
    end
    return charged
end

-- The first ticket of a queue that can run; takes its slots. Gives id and charge, nil where nothing can run.
local function pick(queue)
    if paused.get(queue) then
        return nil
    end
    while BUDGET > 0 do
        BUDGET = BUDGET - 1
        local node, flow = queue, nil
        repeat
            local first = run.first(node .. GS)
            if not first then
                return nil
            end
            local _, _, child = parts_of(first)
            -- a flow has two RS, a node one
            if string.find(child, RS .. '[^\30]*' .. RS) then
                flow = child
            end
            node = child
        until flow
        local f, state = parse(flow), flow_state(flow)
        local counter = blocking(f)
        if counter then
            park(f, state, counter)
        else
            local head, second = waiting.first_two(flow .. GS)
            local _, _, id = parts_of(head)
            waiting.remove(head)
            dequeued(f)
            acquire(f)
            local charged = charge(f)
            if second then
                local _, order = parts_of(second)
                local blocked = blocking(f)
                if blocked then
                    out_of_run(f, state)
                    into_parked(f, blocked, order, state.n - 1)
                    -- its place in run stood for one slot, and it has taken that
                else
                    run.remove(state.member)
                    into_run(f, order, state.n - 1)
                end
            else
                out_of_run(f, state)
                flows.set(flow, false)
            end
            for level = 1, #f.nodes do
                retag(f, level)
            end
            return id, charged
        end
    end
end

-- Forgets shares that mean nothing any more, of so many that are chosen at random.
local function forget_shares(n)
    local found = call('HRANDFIELD', KEYS[9], n, 'WITHVALUES')
    for i = 1, #found, 2 do
        local node = found[i]
        if type(fair.value[node]) == 'table' or string.find(found[i + 1], '^%S+ 0 0 ') then
            local share = share_of(node, true)
            local queue = string.match(node, '^[^\30]*')
            local root = share_of(queue, true)
            if root == share or root.waiting == 0 and root.running == 0 then
                share.forget = true
            else
                local parent = share_of(string.match(node, '^(.*)\31[^\31]*$') or queue, true)
                share.forget = share.under ~= parent.born or share.start <= parent.time
            end
            fair.dirty[node] = fair.dirty[node] or share.forget
        end
    end
end

-- Writes what has changed, and sets the markers of the member's queues. Gives the queues of others in which something
-- can run, each to be woken by its own marker.
local function flush()
    for i = 1, QUEUES do
        local marker = KEYS[MARKERS + i]
        if not run.first(ARGV[3 + i] .. GS) or paused.get(ARGV[3 + i]) then
            call('DEL', marker)
        elseif call('EXISTS', marker) == 0 then
            call('LPUSH', marker, 1)
        end
    end
    tickets.flush(write_ticket)
    flows.flush(write_flow)
    counts.flush()
    paces.flush(write_pace)
    if waiting.flush() and call('EXISTS', KEYS[5]) == 0 then
        call('UNLINK', KEYS[17])
    end
    run.flush()
    parked.flush()
    if next(fair.value) then
        forget_shares(1 + released)
        fair.flush(write_share)
    end
    if (next(tickets.dirty) or released > 0) and call('EXISTS', KEYS[3], KEYS[13]) == 0 then
        call('UNLINK', KEYS[9])
    end
    local names = {}
    for queue in pairs(others) do
        if not paused.get(queue) then
            names[#names + 1] = queue
        end
    end
    return names
end

-- Gives the member up to so many tickets of its queues. The grants: {id, queue, message, order, attempt, deadline}.
local function grant(want)
    local ids, charges = {}, {}
    for i = 1, QUEUES do
        while #ids < want do
            local id, charged = pick(ARGV[3 + i])
            if not id then
                break
            end
            ids[#ids + 1] = id
            charges[#charges + 1] = charged
        end
    end
    if #ids == 0 then
        return {}
    end
    tickets.fetch(ids)
    local messages = call('HMGET', KEYS[2], unpack(ids))
    call('ZREM', KEYS[12], unpack(ids))
    local grants, claims = {}, {}
    for i, id in ipairs(ids) do
        local t = tickets.get(id)
        if type(t) == 'string' then
            t = read_ticket(t)
        end
        t.owner, t.since, t.charge = ME, now, charges[i]
        tickets.set(id, t)
        local queue = parse(t.flow).queue
        claims[#claims + 1] = id
        claims[#claims + 1] = queue
        grants[i] = { id, queue, messages[i], t.order, t.attempt, t.deadline }
    end
    call('HSET', KEYS[15], unpack(claims))
    return grants
end
