-- Ends what the member owns, gives back its slots, and hands the member the next tickets that may run, in one step.
-- Fenced: what is not the member's any more is left alone, but for an answer, of which a front takes the first.
-- Doing it twice is as good as doing it once, but for a second answer and the grants of the first time.
--
-- KEYS, and ARGV at first, are those of lib/scheduler.lua
-- KEYS  then: the keys that the ends name
-- ARGV  then:
--        1   how many tickets the member can take, 0 to 16
--        …   ends, up to 16, each: id, action, the place of its key among those keys or 0, payload, number
--            answer     key: response list, payload: response, number: its expiry in s
--            give_back  key: queue, payload: message; it is the next to be served
--            bury       key: list of dead letters, payload: letter, number: how many that list keeps
--            drop       nothing else
-- Reply {1 where the member's lease stands else 0 and nothing was granted, how many wait, queues of others to wake,
--       {1 where the end was the member's else 0, …}, grants}; a grant: {id, queue, message, order, attempts, deadline}
-- Cost  O((ends + grants) × (counters + levels of fairness) × log n), and what is written is copied
-- include lib/quiet.lua
-- Nothing but answers to what the member runs, with nobody to follow: nil where there is anything else.
local function all_answered()
    local first = 5 + tonumber(ARGV[3])
    local n = (#ARGV - first + 1) / 5
    if n < 1 or not quiet.is_quiet() then
        return nil
    end
    local ids, answers, keys = {}, {}, {}
    for at = first, #ARGV, 5 do
        if ARGV[at + 1] ~= 'answer' then
            return nil
        end
        local key = KEYS[18 + tonumber(ARGV[3]) + tonumber(ARGV[at + 2])]
        if not answers[key] then
            answers[key] = { expiry = 0 }
            keys[#keys + 1] = key
        end
        local list = answers[key]
        list[#list + 1] = ARGV[at + 3]
        list.expiry = math.max(list.expiry, tonumber(ARGV[at + 4]))
        ids[#ids + 1] = ARGV[at]
    end
    local claimed = redis.call('HMGET', KEYS[15], unpack(ids))
    local records = redis.call('HMGET', KEYS[3], unpack(ids))
    local wanted, names, requests, outcomes, seen = {}, {}, {}, {}, {}
    for i, id in ipairs(ids) do
        if not claimed[i] or not records[i] or seen[id] then
            return nil
        end
        seen[id] = true
        local since, request, flow = string.match(records[i], '^[^\n]*\n([^\n]*)\n[^\n]*\n([^\n]*)\n([^\n]*)\n')
        if tonumber(since) == 0 or not quiet.counters(flow, wanted, names) then
            return nil
        end
        requests[i], outcomes[i] = request, 1
    end
    local lease = quiet.has_lease(quiet.now())
    local counts = #names > 0 and redis.call('HMGET', KEYS[10], unpack(names)) or {}
    -- answers first: where memory is full this is refused, and with it all the rest
    for _, key in ipairs(keys) do
        redis.call('LPUSH', key, unpack(answers[key]))
        redis.call('EXPIRE', key, answers[key].expiry)
    end
    quiet.add(names, wanted, -1, counts)
    redis.call('HDEL', KEYS[15], unpack(ids))
    redis.call('HDEL', KEYS[2], unpack(ids))
    redis.call('HDEL', KEYS[3], unpack(ids))
    redis.call('HDEL', KEYS[4], unpack(requests))
    redis.call('SREM', KEYS[16], unpack(ids))
    return { lease and 1 or 0, 0, {}, outcomes, {} }
end
local all = all_answered()
if all then
    return all
end

-- include lib/scheduler.lua
local want = tonumber(ARGV[REST])
local first_key = MARKERS + QUEUES
local ends, ids = {}, {}
for at = REST + 1, #ARGV, 5 do
    ends[#ends + 1] = {
        id = ARGV[at],
        action = ARGV[at + 1],
        key = KEYS[first_key + tonumber(ARGV[at + 2])],
        payload = ARGV[at + 3],
        number = tonumber(ARGV[at + 4]),
    }
    ids[#ids + 1] = ARGV[at]
end
local lease = has_lease()
local held, outcomes, requests = {}, {}, {}
if #ends > 0 then
    -- answers first: where memory is full this is refused, and with it all the rest
    local answers, order = {}, {}
    for _, e in ipairs(ends) do
        if e.action == 'answer' then
            if not answers[e.key] then
                answers[e.key] = { number = 0 }
                order[#order + 1] = e.key
            end
            local list = answers[e.key]
            list[#list + 1] = e.payload
            list.number = math.max(list.number, e.number)
        end
    end
    for _, key in ipairs(order) do
        call('LPUSH', key, unpack(answers[key]))
        call('EXPIRE', key, answers[key].number)
    end
    local claimed = call('HMGET', KEYS[15], unpack(ids))
    tickets.fetch(ids)
    local records, names = {}, {}
    for i, id in ipairs(ids) do
        local t = claimed[i] and tickets.get(id)
        if t then
            records[i] = read_ticket(t)
            names[#names + 1] = records[i].flow
        end
    end
    prefetch(names)
    for i, e in ipairs(ends) do
        local t = records[i]
        if claimed[i] then
            outcomes[i] = 1
            if e.action == 'give_back' then
                call('RPUSH', e.key, e.payload)
            elseif e.action == 'bury' then
                call('LPUSH', e.key, e.payload)
                call('LTRIM', e.key, 0, e.number - 1)
            end
            if t then
                if t.since > 0 then
                    release(t)
                end
                requests[#requests + 1] = t.request
                tickets.set(e.id, false)
            end
            held[#held + 1] = e.id
        else
            outcomes[i] = 0
            -- a lost member that is alive after all says that its call has ended
            local name = e.id .. '@' .. ME
            local withheld = call('HGET', KEYS[13], name)
            if withheld then
                release(read_ticket(withheld))
                call('HDEL', KEYS[13], name)
                call('ZREM', KEYS[12], name)
            end
        end
    end
end
if #held > 0 then
    call('HDEL', KEYS[15], unpack(held))
    call('HDEL', KEYS[2], unpack(held))
    call('SREM', KEYS[16], unpack(held))
end
if #requests > 0 then
    call('HDEL', KEYS[4], unpack(requests))
end
refill()
local grants = lease and grant(want) or {}
local others_to_wake = flush()
return { lease and 1 or 0, call('ZCARD', KEYS[5]), others_to_wake, outcomes, grants }
