-- Finds what a call moved whose reply was lost: the member's claims whose ids begin with that call's prefix.
--
-- KEYS  1   claimed:<me> HASH  "<claim id> <queue>" -> message
--       2   sent:<me>    SET   claim ids
-- ARGV  1…  prefixes
-- Reply {id, queue, 1 where it had been marked as sent else 0, message, id, …}
-- Cost  O(claims of the member); called after a connection was lost only
local reply = {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    for _, prefix in ipairs(ARGV) do
        if string.sub(field, 1, #prefix) == prefix then
            local space = string.find(field, ' ', 1, true)
            local id = string.sub(field, 1, space - 1)
            reply[#reply + 1] = id
            reply[#reply + 1] = string.sub(field, space + 1)
            reply[#reply + 1] = redis.call('SISMEMBER', KEYS[2], id)
            reply[#reply + 1] = redis.call('HGET', KEYS[1], field)
        end
    end
end
return reply
