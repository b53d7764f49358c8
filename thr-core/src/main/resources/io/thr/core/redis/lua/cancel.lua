-- Forgets a request whose client has left.
--
-- include lib/scheduler.lua
-- ARGV  then:
--        1   the request
--        2   ms after which a request that has no ticket yet will not get one any more
-- Reply {'dropped', queues to wake}: it waited | {'running', owner, id} | {'noted'}: it has no ticket, and will get none
-- Cost  O(log n), and notes that mean nothing any more are removed
local request = ARGV[REST]
local id = call('HGET', KEYS[4], request)
if not id then
    -- where no member of ours renews its lease, nobody else would
    call('ZREMRANGEBYSCORE', KEYS[14], '-inf', string.format('%.0f', now))
    call('ZADD', KEYS[14], string.format('%.0f', now + tonumber(ARGV[REST + 1])), request)
    if call('PTTL', KEYS[14]) < tonumber(ARGV[REST + 1]) then
        call('PEXPIRE', KEYS[14], ARGV[REST + 1])
    end
    return { 'noted' }
end
local t = read_ticket(call('HGET', KEYS[3], id))
if t.owner ~= '' then
    return { 'running', t.owner, id }
end
dequeue(parse(t.flow), id, t.order)
tickets.set(id, false)
call('HDEL', KEYS[2], id)
call('HDEL', KEYS[4], request)
call('ZREM', KEYS[12], id)
return { 'dropped', flush() }
