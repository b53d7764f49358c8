-- Finds what a call took whose reply was lost: what the member owns whose ids begin with that call's prefix.
--
-- KEYS  1   messages     HASH  id -> raw message
--       2   claimed:<me> HASH  id -> queue
-- ARGV  1…  prefixes
-- Reply {id, queue, message, id, …}
-- Cost  O(claims of the member); called after a connection was lost only
local reply = {}
for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do
    for _, prefix in ipairs(ARGV) do
        if string.sub(id, 1, #prefix) == prefix then
            reply[#reply + 1] = id
            reply[#reply + 1] = redis.call('HGET', KEYS[2], id)
            reply[#reply + 1] = redis.call('HGET', KEYS[1], id)
        end
    end
end
return reply
