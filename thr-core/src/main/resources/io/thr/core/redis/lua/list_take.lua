-- Takes one message off a list for good, if it is there still, and says something of it elsewhere, in one step.
--
-- KEYS  1   list   LIST  of messages
--       2   other  LIST  what is said
-- ARGV  1   the message
--       2   what is said, at the head of the other list; '': nothing
--       3   expiry of the other list in s; 0: none
-- Reply 1 where the message was there, else 0 and nothing was done
-- Cost  O(length of the list), where the message is near the tail O(1)
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then
    return 0
end
if ARGV[2] ~= '' then
    redis.call('LPUSH', KEYS[2], ARGV[2])
    if ARGV[3] ~= '0' then
        redis.call('EXPIRE', KEYS[2], ARGV[3])
    end
end
return 1
