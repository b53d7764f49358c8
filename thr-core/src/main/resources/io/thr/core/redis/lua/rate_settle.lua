-- Corrects what was charged, when it is known what it should have been: gives back what was too much, as far as it would
-- still count; charges what was too little, whether there is room or not, up to twice what the policy grants at once.
--
-- include lib/rate.lua
-- KEYS  then: the state, of the one policy
-- ARGV  then: what was charged, what it should have been, until when what was charged counts, epoch ms
-- Reply 1 where something was corrected, 0 where it counts no more
-- Cost  O(1); O(log n) for a sliding window
local p = policies[1]
local s = state_of(FIRST_STATE, p)
local difference, counts_until = ARGV[REST + 1] - ARGV[REST], ARGV[REST + 2]
local corrected = 0
if p.algorithm == fixed then
    -- another window is another account; the clock of the reply counts in ms
    if s.finish > now and math.abs(s.finish / 1000 - counts_until) <= 2 then
        corrected = max(0, min(s.used + difference, 2 * p.capacity)) - s.used
        s.used = s.used + corrected
    end
elseif p.algorithm == bucket then
    -- what has come back by itself is not given back again
    local counted = max(0, (counts_until + 2) * 1000 - now) * 1000
    corrected = max(0, min(s.backlog + max(difference * p.token, -counted), 2 * p.capacity * p.token)) - s.backlog
    s.backlog = s.backlog + corrected
elseif difference < 0 then
    -- what was used first is given back: it would expire first, so never more fits than should
    corrected = counts_until * 1000 > now and min(s.total, s.base - difference) - s.base or 0
    s.base = s.base + corrected
else
    corrected = max(0, min(difference, 2 * p.capacity - (s.total - s.base)))
    if corrected > 0 then
        log.take(s, p, corrected, max(now, s.last))
    end
end
if corrected ~= 0 then
    change(s, p)
end
flush()
return corrected ~= 0 and 1 or 0
