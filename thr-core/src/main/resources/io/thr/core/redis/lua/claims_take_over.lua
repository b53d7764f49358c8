-- Moves what a lost member owns to a living one, gives back or withholds the slots it held, and forgets a member that
-- owns nothing more.
--
-- include lib/scheduler.lua
-- KEYS  then:
--        1   claimed:<lost> HASH
--        2   sent:<lost>    SET
-- ARGV  then:
--        1   the lost member
--        2   how many at most, 1 to 16
--        3   'release' the slots now | 'hold' each until its request's deadline
-- Reply {'no lease'} | {'alive'}: its lease stands
--       | {'taken', queues of others to wake, {id, queue, message, 1 where it was marked as sent else 0, order or '' where
--         it never was a ticket, attempts, deadline}, …}
-- Cost  O(moved × log n), and their bytes are copied
if not has_lease() then
    return { 'no lease' }
end
local lost = ARGV[REST]
local theirs = call('ZSCORE', KEYS[1], lost)
if theirs and tonumber(theirs) > now then
    return { 'alive' }
end
local claimed, sent = KEYS[MARKERS + QUEUES + 1], KEYS[MARKERS + QUEUES + 2]
local found = call('HRANDFIELD', claimed, ARGV[REST + 1], 'WITHVALUES')
local reply = { 'taken', {} }
for i = 1, #found, 2 do
    local id, queue = found[i], found[i + 1]
    local message = call('HGET', KEYS[2], id)
    local marked = call('SREM', sent, id)
    local t = tickets.get(id)
    if t then
        t = read_ticket(t)
        if t.since > 0 then
            if ARGV[REST + 2] == 'hold' and tonumber(t.deadline) > now then
                local name = id .. '@' .. lost
                call('HSET', KEYS[13], name, write_ticket(t))
                call('ZADD', KEYS[12], t.deadline, name)
            else
                release(t)
            end
        end
        t.attempt = string.format('%.0f', tonumber(t.attempt) + (t.since > 0 and 1 or 0))
        t.owner, t.since, t.charge = ME, 0, 0
        tickets.set(id, t)
    end
    call('HDEL', claimed, id)
    call('HSET', KEYS[15], id, queue)
    if marked == 1 then
        call('SADD', KEYS[16], id)
    end
    reply[#reply + 1] = {
        id,
        queue,
        message,
        marked,
        t and t.order or '',
        t and t.attempt or 0,
        t and t.deadline or 0,
    }
end
if call('EXISTS', claimed) == 0 then
    call('ZREM', KEYS[1], lost)
    call('DEL', sent)
end
refill()
reply[2] = flush()
return reply
