-- Answers requests that wait, and forgets them. What runs is left alone.
--
-- include lib/scheduler.lua
-- KEYS  then: the response keys that the requests name
-- ARGV  then: requests, 1 to 64, each: claim id, the place of its key among those keys or 0 for none, answer, its expiry in s
-- Reply {how many waited, queues to wake}
-- Cost  O(requests × log n), and what is written is copied
local waits = {}
for at = REST, #ARGV, 4 do
    local text = call('HGET', KEYS[3], ARGV[at])
    local t = text and read_ticket(text)
    if t and t.owner == '' then
        waits[#waits + 1] = { at = at, id = ARGV[at], t = t }
    end
end
-- answers first: where memory is full this is refused, and with it all the rest
for _, one in ipairs(waits) do
    local place = tonumber(ARGV[one.at + 1])
    if place > 0 then
        local key = KEYS[MARKERS + QUEUES + place]
        call('LPUSH', key, ARGV[one.at + 2])
        call('EXPIRE', key, ARGV[one.at + 3])
    end
end
for _, one in ipairs(waits) do
    dequeue(parse(one.t.flow), one.id, one.t.order)
    tickets.set(one.id, false)
    call('HDEL', KEYS[2], one.id)
    call('HDEL', KEYS[4], one.t.request)
    call('ZREM', KEYS[12], one.id)
end
return { #waits, flush() }
