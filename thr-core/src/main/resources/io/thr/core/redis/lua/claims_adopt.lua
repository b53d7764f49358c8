-- Gives the member what it owns and does not know of, because a reply was lost.
--
-- include lib/scheduler.lua
-- ARGV  then: ids, 1 to 16
-- Reply {{id, queue, message, 1 where it has been marked as sent else 0, 1 where its slots are held else 0, order, attempts,
--       deadline}, …}, none for what is not the member's any more
-- Cost  O(ids)
local reply = {}
for at = REST, #ARGV do
    local id = ARGV[at]
    local queue = call('HGET', KEYS[15], id)
    if queue then
        local t = call('HGET', KEYS[3], id)
        t = t and read_ticket(t)
        reply[#reply + 1] = {
            id,
            queue,
            call('HGET', KEYS[2], id),
            call('SISMEMBER', KEYS[16], id),
            t and t.since > 0 and 1 or 0,
            t and t.order or '',
            t and t.attempt or 0,
            t and t.deadline or 0,
        }
    end
end
return reply
