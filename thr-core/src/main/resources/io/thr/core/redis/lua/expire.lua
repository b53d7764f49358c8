-- Takes waiting tickets whose deadline is over out of the queue, for the member to answer them; and gives back the slots
-- that were withheld for requests of lost members until now.
--
-- include lib/scheduler.lua
-- ARGV  then:
--        1   how many at most, 1 to 16
-- Reply {1 where the member's lease stands else 0 and nothing was done, queues of others to wake, how many were due,
--       tickets, ms until the next deadline or -1}; a ticket: {id, queue, message, order, attempts, deadline}
-- Cost  O(tickets × log n)
if not has_lease() then
    return { 0, {}, 0, {}, -1 }
end
local due = call('ZRANGEBYSCORE', KEYS[12], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[REST])
local expired = {}
for _, id in ipairs(due) do
    local t = tickets.get(id)
    if t then
        t = read_ticket(t)
        dequeue(parse(t.flow), id, t.order)
        t.owner, t.since = ME, 0
        tickets.set(id, t)
        local queue = parse(t.flow).queue
        call('HSET', KEYS[15], id, queue)
        expired[#expired + 1] =
            { id, queue, call('HGET', KEYS[2], id), t.order, t.attempt, t.deadline }
    else
        local withheld = call('HGET', KEYS[13], id)
        if withheld then
            release(read_ticket(withheld))
            call('HDEL', KEYS[13], id)
        end
    end
end
if #due > 0 then
    call('ZREM', KEYS[12], unpack(due))
end
refill()
local others = flush()
local next_due = call('ZRANGE', KEYS[12], 0, 0, 'WITHSCORES')
local wait = next_due[2] and math.max(0, math.ceil(tonumber(next_due[2]) - now)) or -1
return { 1, others, #due, expired, wait }
