-- Puts a claimed message back on the end of its queue that is served next, where the claim still stands.
--
-- KEYS  1   claimed:<me> HASH  "<claim id> <queue>" -> message
--       2   sent:<me>    SET   claim ids
--       3   the queue    LIST
-- ARGV  1   field of the claim
--       2   id of the claim
--       3   message
-- Reply 1 | 0 where the claim is not this member's any more
-- Cost  O(1), and the message's bytes are copied
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
    return 0
end
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[2], ARGV[2])
return 1
