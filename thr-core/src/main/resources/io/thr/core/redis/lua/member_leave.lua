-- Ends a member's lease. What it still claims others take over at once; where it claims nothing it is forgotten.
--
-- KEYS  1   members      ZSET  member -> end of its lease, epoch ms
--       2   claimed:<me> HASH
--       3   sent:<me>    SET
-- ARGV  1   member
-- Reply how many claims it leaves behind
-- Cost  O(log members)
local left = redis.call('HLEN', KEYS[2])
if left == 0 then
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('DEL', KEYS[3])
else
    redis.call('ZADD', KEYS[1], 0, ARGV[1])
end
return left
