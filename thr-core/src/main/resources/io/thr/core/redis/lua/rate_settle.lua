-- Corrects what was charged, when it is known what it should have been: gives back what was too much, as far as it would
-- still count; charges what was too little, whether there is room or not, up to twice what the policy grants at once.
--
-- include lib/rate.lua
-- KEYS  then: the state, of the one policy
-- ARGV  then: what was charged, what it should have been, when there were to be more units after that, epoch ms
-- Reply 1 where something was corrected, 0 where it counts no more
-- Cost  O(1); O(log n) for a sliding window
local p = policies[1]
local s = state_of(FIRST_STATE, p)
local difference = ARGV[REST + 1] - ARGV[REST]
local before = p.capacity
if p.algorithm == fixed then
    -- another window is another account; the clock of the reply counts in ms
    if s.finish <= now or math.abs(s.finish / 1000 - ARGV[REST + 2]) > 2 then
        return 0
    end
    before, s.used = s.used, max(0, min(s.used + difference, 2 * p.capacity))
    difference = s.used - before
elseif p.algorithm == bucket then
    before, s.backlog = s.backlog, max(0, min(s.backlog + difference * p.token, 2 * p.capacity * p.token))
    difference = s.backlog - before
elseif difference < 0 then
    -- what was used first is given back: it would expire first, so never more fits than should
    before, s.base = s.base, min(s.total, s.base - difference)
    difference = s.base - before
else
    difference = min(difference, 2 * p.capacity - (s.total - s.base))
    if difference > 0 then
        log.take(s, p, difference, max(now, s.last))
    end
end
if difference == 0 then
    return 0
end
-- marks it as changed
s.changed = p
changed[#changed + 1] = s
if not s.known and s.key ~= KEYS[2] then
    p.made = 1
end
flush()
return 1
