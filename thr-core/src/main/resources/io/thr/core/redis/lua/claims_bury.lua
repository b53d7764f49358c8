-- Moves a claimed message to the dead letters of its queue, where the claim still stands.
--
-- KEYS  1   claimed:<me> HASH  "<claim id> <queue>" -> message
--       2   sent:<me>    SET   claim ids
--       3   <queue>:dead LIST  the newest at the head
-- ARGV  1   field of the claim
--       2   id of the claim
--       3   dead letter
--       4   how many dead letters the list keeps
-- Reply 1 | 0 where the claim is not this member's any more
-- Cost  O(1), and the letter's bytes are copied
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
    return 0
end
redis.call('LPUSH', KEYS[3], ARGV[3])
redis.call('LTRIM', KEYS[3], 0, ARGV[4] - 1)
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[2], ARGV[2])
return 1
