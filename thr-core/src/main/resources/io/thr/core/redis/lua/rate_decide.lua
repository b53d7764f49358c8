-- Decides requests by rate policies: of each, all charges are made or none. Alike ones (the same keys and costs) are decided
-- as one, first come first.
--
-- include lib/rate.lua
-- KEYS  then: of each decision of ARGV, in order, the state of each charge
-- ARGV  then: shapes, each: how many decisions, for how many alike requests each is, how many charges a decision has; and of
--             each charge: number of its policy from 1, cost
-- Reply {now, epoch ms; then for each decision:
--          how many are granted now;
--          where a policy of its shape may delay: how many are granted later, and after how many ms each;
--          for each charge: units left, ms until there are more,
--                           where not all are granted, or none was asked for: ms until one would fit, -1 for never,
--                           where its policy is soft: how many of those granted found no room in it;
--        then the numbers of the policies that have as many keys as they may}
-- Cost  O(charges), times the logarithm of its entries for a sliding window; O(requests) where they wait
local reply = { floor(now / 1000) }
local key = FIRST_STATE
local at = REST
local chosen, ps, costs, over = {}, {}, {}, {}

local size = 1
local function add(number)
    size = size + 1
    reply[size] = number
end

-- When one more can begin, where none must wait longer than its policy allows; nil: it cannot.
local function start_of(charges)
    local start = now
    for i = 1, charges do
        local p = ps[i]
        if not p.soft and costs[i] > 0 then
            local free = p.algorithm.frees(chosen[i], p, costs[i], now)
            if not free or free - now > p.delay then
                return nil
            end
            start = max(start, free)
        end
    end
    return start
end

local function decide(charges, alike, may_wait)
    local granted = alike
    for i = 1, charges do
        local p = ps[i]
        chosen[i] = state_of(key + i - 1, p)
        if not p.soft and granted > 0 and costs[i] > 0 then
            granted = min(granted, p.algorithm.room(chosen[i], p, costs[i]))
        end
    end
    for i = 1, charges do
        local p, taken = ps[i], granted
        if p.soft and granted > 0 and costs[i] > 0 then
            taken = min(granted, p.algorithm.room(chosen[i], p, costs[i]))
        end
        over[i] = granted - taken
        if taken > 0 then
            take(chosen[i], p, costs[i] * taken, now)
        end
    end
    add(granted)
    if may_wait then
        local place, later = size + 1, 0
        add(0)
        while granted + later < alike do
            local start = start_of(charges)
            if not start then
                break
            end
            later = later + 1
            add(ceil((start - now) / 1000))
            for i = 1, charges do
                local p = ps[i]
                if p.soft and costs[i] > 0 and p.algorithm.frees(chosen[i], p, costs[i], start) ~= start then
                    over[i] = over[i] + 1
                else
                    take(chosen[i], p, costs[i], start)
                end
            end
        end
        reply[place] = later
        granted = granted + later
    end
    for i = 1, charges do
        local p = ps[i]
        local left, more = p.algorithm.shown(chosen[i], p)
        add(left)
        add(ceil(more / 1000))
        if granted < alike or alike == 0 then
            local free = costs[i] == 0 and now or p.algorithm.frees(chosen[i], p, costs[i], now)
            add(free and ceil((free - now) / 1000) or -1)
        end
        if p.soft then
            add(over[i])
        end
    end
    key = key + charges
end

while at <= #ARGV do
    local decisions, alike, charges = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local may_wait = false
    for i = 1, charges do
        ps[i] = policies[tonumber(ARGV[at + 1 + 2 * i])]
        costs[i] = tonumber(ARGV[at + 2 + 2 * i])
        may_wait = may_wait or ps[i].delay > 0
    end
    at = at + 3 + 2 * charges
    for _ = 1, decisions do
        decide(charges, alike, may_wait)
    end
end
flush()
for i = 1, POLICIES do
    if overflowed[i] then
        add(i)
    end
end
return reply
