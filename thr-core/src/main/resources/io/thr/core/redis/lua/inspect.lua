-- Tells where requests are, and what they wait for. Changes nothing.
--
-- include lib/scheduler.lua
-- ARGV  then:
--        1…  the requests
-- Reply of each, in the same order:
--         {'unknown'}: it has no ticket
--       | {'running', owner, since when, epoch ms}
--       | {'taken', owner}: a member has taken it out of the queue, or over from a lost one, to see to it
--       | {'waiting', queue, how many of its flow come before it, the counter that its flow waits for or '',
--         {counter, how many run in it, its maximum or '', counter, …}}
-- Cost  O(log n + counters) for each
local function inspect(request)
    local id = call('HGET', KEYS[4], request)
    local text = id and call('HGET', KEYS[3], id)
    if not text then
        return { 'unknown' }
    end
    local t = read_ticket(text)
    if t.owner ~= '' and t.since > 0 then
        return { 'running', t.owner, string.format('%.0f', t.since) }
    elseif t.owner ~= '' then
        return { 'taken', t.owner }
    end
    local f, state = parse(t.flow), flow_state(t.flow)
    local before = call('ZLEXCOUNT', KEYS[5], '[' .. t.flow .. GS, '(' .. t.flow .. GS .. t.order .. GS .. id)
    local counters = {}
    for i, counter in ipairs(f.counters) do
        counters[#counters + 1] = counter
        counters[#counters + 1] = count_of(counter)
        counters[#counters + 1] = limits.get(f.limits[i]) or ''
    end
    return { 'waiting', f.queue, before, state.kind == 'p' and parts_of(state.member) or '', counters }
end
local replies = {}
for i = REST, #ARGV do
    replies[#replies + 1] = inspect(ARGV[i])
end
return replies
