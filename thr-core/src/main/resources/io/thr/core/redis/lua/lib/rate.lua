-- What the steps of rate policies share: the policies, and how each algorithm counts. A state is loaded once a call, changed
-- in memory, and written once at the end, if it changed: so what is refused changes nothing, and a key that many ask for
-- together costs the server one read and one write.
--
-- KEYS  two for each policy: the count of its keys     STRING  begin of a span of time, epoch us, ' ', keys used in it, ' ', keys
--                                                              last used in the span before it, ' ', number of the span
--                            the state its further keys share
--       then states, by algorithm:
--         f  fixed window    STRING  end of the window, epoch us, ' ', units used in it, ' ', span in which it was counted
--         t  token bucket    STRING  when the bucket is full again, epoch ns, one digit: span in which it was counted
--         s  sliding window  LIST    total, then of each time at which units were used: epoch us, total up to it
-- ARGV  1   now, epoch us, by a test's clock; '': by the server's
--       2   the longest delay that any policy may cause, us
--       3   how many policies; then of each:
--           algorithm, quota, window in us, capacity in units, ns a token takes to come, 1 where it is soft,
--           longest delay in us, 1 where costs are corrected afterwards, how many keys it may have
local now = tonumber(ARGV[1])
-- keys expire by the server's clock, which a test's may be behind of
local slack = now and 86400000 or 0
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local horizon = tonumber(ARGV[2])
local POLICIES = tonumber(ARGV[3])
local FIRST_STATE = 2 * POLICIES + 1
local REST = 4 + 9 * POLICIES

local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
-- How long a key lives of which nothing counts after so many us, in ms.
local function life(us)
    return ceil(us / 1000) + slack
end

local values = #KEYS > 0 and redis.call('MGET', unpack(KEYS)) or {}

-- Every algorithm: load(s, p, value); room(s, p, cost): how many of that cost fit now; frees(s, p, cost, at): when, at the
-- soonest from that time on, one of that cost fits behind all before it, or nil for never; take(s, p, cost, at); shown(s, p):
-- units left now, us until there are more; write(s, p).
--
-- A time in the future is one that has been given to a request that waits for it. It can be as far away as the longest delay;
-- what is farther away comes from a clock that has been set back, and is moved (s.moved) to count as of now: that neither bans
-- nor gives anew. That alone is written even where nothing is granted, or it would be as far away the next time.

local fixed = {}

function fixed.load(s, p, value)
    s.finish, s.used = 0, 0
    if value then
        local finish, used, span = string.match(value, '^(%S+) (%S+) (%S+)$')
        s.finish, s.used, s.span = tonumber(finish), tonumber(used), tonumber(span)
        if s.finish - p.window > now + horizon then
            s.finish, s.moved = now + p.window, true
        end
    end
end

function fixed.room(s, p, cost)
    if s.finish <= now then
        return floor(p.capacity / cost)
    end
    return s.finish - p.window > now and 0 or max(0, floor((p.capacity - s.used) / cost))
end

function fixed.frees(s, p, cost, at)
    if cost > p.capacity then
        return nil
    elseif at >= s.finish then
        return at
    elseif s.used + cost <= p.capacity then
        return max(at, s.finish - p.window)
    end
    return s.finish
end

function fixed.take(s, p, cost, at)
    if at >= s.finish then
        s.finish, s.used = at + p.window, cost
    else
        s.used = s.used + cost
    end
end

function fixed.shown(s, p)
    if s.finish <= now then
        return p.capacity, 0
    elseif s.finish - p.window > now then
        return 0, (s.used < p.capacity and s.finish - p.window or s.finish) - now
    end
    return max(0, p.capacity - s.used), s.finish - now
end

function fixed.write(s, p)
    redis.call('SET', s.key, string.format('%.0f %.0f %.0f', s.finish, s.used, s.span), 'PX', life(s.finish - now))
end

-- The backlog is the time that the bucket takes to be full again, in ns: whole numbers, so that nothing is lost by rounding.
local bucket = {}

function bucket.load(s, p, value)
    s.backlog = 0
    if value then
        local backlog = (tonumber(string.sub(value, 1, -5)) - now) * 1000 + tonumber(string.sub(value, -4, -2))
        s.span = tonumber(string.sub(value, -1))
        local most = p.capacity * p.token * (p.settled and 2 or 1) + horizon * 1000
        s.moved = backlog > most
        s.backlog = max(0, min(backlog, most))
    end
end

function bucket.room(s, p, cost)
    return max(0, floor((p.capacity * p.token - s.backlog) / (cost * p.token)))
end

function bucket.frees(s, p, cost, at)
    if cost > p.capacity then
        return nil
    end
    return max(at, now + ceil((s.backlog + (cost - p.capacity) * p.token) / 1000))
end

function bucket.take(s, p, cost, at)
    s.backlog = max(s.backlog, (at - now) * 1000) + cost * p.token
end

function bucket.shown(s, p)
    if p.capacity == 0 then
        return 0, 0
    end
    local left = max(0, floor(p.capacity - s.backlog / p.token))
    return left, s.backlog > 0 and ceil((s.backlog - (p.capacity - left - 1) * p.token) / 1000) or 0
end

function bucket.write(s, p)
    local full = string.format('%.0f%03.0f%.0f', now + floor(s.backlog / 1000), s.backlog % 1000, s.span)
    -- a second at least, or the keys of fast buckets would come and go all the time
    redis.call('SET', s.key, full, 'PX', life(max(1000000, s.backlog / 1000)))
end

-- A state is a list of times and totals, the oldest first: entry i of n stands at 2i - 1 and 2i, before all the total that has
-- expired. What comes in by this call stands in s.more. Entries up to s.gone have expired.
local log = {}

function log.entry(s, i)
    if i > s.count then
        return s.more[2 * (i - s.count) - 1], s.more[2 * (i - s.count)]
    elseif i == 1 then
        return s.oldest, s.oldest_total
    end
    local entry = redis.call('LRANGE', s.key, 2 * i - 1, 2 * i)
    return tonumber(entry[1]), tonumber(entry[2])
end

-- The first entry after s.gone whose time (1) or total (2) has reached that, which most often is among the oldest.
function log.first(s, which, reached)
    local low, high, probe = s.gone + 1, s.count + #s.more / 2, s.gone + 1
    while probe < high and select(which, log.entry(s, probe)) < reached do
        low, probe = probe + 1, 2 * probe - s.gone
    end
    high = min(probe, high)
    while low < high do
        local middle = floor((low + high) / 2)
        if select(which, log.entry(s, middle)) >= reached then
            high = middle
        else
            low = middle + 1
        end
    end
    return low
end

function log.load(s, p)
    s.count, s.gone, s.more, s.first, s.base, s.total, s.last, s.anew = 0, 0, {}, 0, 0, 0, 0, true
    local tail = redis.call('LRANGE', s.key, -2, -1)
    if not tail[2] then
        return
    end
    s.known = true
    local last, total = tonumber(tail[1]), tonumber(tail[2])
    s.seen = last
    if last <= now - p.window then
        return
    end
    local head = redis.call('LRANGE', s.key, 0, 2)
    s.first, s.total = tonumber(head[1]), total
    s.base = s.first
    if last > now + horizon then
        s.last, s.more, s.moved = now, { now, total }, true
        return
    end
    s.last, s.anew = last, false
    s.count = (redis.call('LLEN', s.key) - 1) / 2
    s.oldest, s.oldest_total = tonumber(head[2]), tonumber(head[3])
    if s.oldest <= now - p.window then
        s.gone = log.first(s, 1, now - p.window + 1) - 1
        s.first = select(2, log.entry(s, s.gone))
        s.base = max(s.base, s.first)
    end
end

function log.room(s, p, cost)
    return s.last > now and 0 or max(0, floor((p.capacity - s.total + s.base) / cost))
end

function log.frees(s, p, cost, at)
    if cost > p.capacity then
        return nil
    end
    local expired = s.total + cost - p.capacity
    at = max(at, s.last)
    if s.base >= expired then
        return at
    end
    local when = log.entry(s, log.first(s, 2, expired))
    return max(at, when + p.window)
end

function log.take(s, p, cost, at)
    s.total = s.total + cost
    if s.last == at and #s.more > 0 then
        s.more[#s.more] = s.total
        return
    end
    s.last = max(s.last, at)
    s.more[#s.more + 1] = s.last
    s.more[#s.more + 1] = s.total
end

function log.shown(s, p)
    local used = s.total - s.base
    if used <= 0 then
        return p.capacity, 0
    end
    local first = log.entry(s, log.first(s, 2, s.base + 1))
    return s.last > now and 0 or max(0, p.capacity - used), first + p.window - now
end

function log.write(s, p)
    if s.anew then
        redis.call('DEL', s.key)
        redis.call('RPUSH', s.key, s.base)
    elseif s.gone > 0 then
        redis.call('LTRIM', s.key, 2 * s.gone, -1)
    end
    if not s.anew and s.base ~= s.first then
        redis.call('LSET', s.key, 0, s.base)
    end
    for i = 1, #s.more, 64 do
        redis.call('RPUSH', s.key, unpack(s.more, i, min(i + 63, #s.more)))
    end
    redis.call('PEXPIRE', s.key, life(s.last + p.window - now))
end

local ALGORITHMS = { f = fixed, t = bucket, s = log }
local policies = {}
for i = 1, POLICIES do
    local at = 4 + 9 * (i - 1)
    policies[i] = {
        number = i,
        algorithm = ALGORITHMS[ARGV[at]],
        quota = tonumber(ARGV[at + 1]),
        window = tonumber(ARGV[at + 2]),
        capacity = tonumber(ARGV[at + 3]),
        token = tonumber(ARGV[at + 4]),
        soft = ARGV[at + 5] == '1',
        delay = tonumber(ARGV[at + 6]),
        settled = ARGV[at + 7] == '1',
        keys = tonumber(ARGV[at + 8]),
    }
end

-- How long a key lives that nobody uses, in us. So those that are alive were used in this span of that length or in the one
-- before it, and each is counted where it was used last. Only what requests wait for may live longer.
local function length(p)
    return p.algorithm == bucket and max(1000000, p.capacity * p.token / 1000) or p.window
end

local counts = {}

local function count_of(p)
    local name = KEYS[2 * p.number - 1]
    local c = counts[name]
    if c then
        return c
    end
    c = { begin = now, used = 0, before = 0, span = 0 }
    counts[name] = c
    local value = values[2 * p.number - 1]
    if value then
        local begin, used, before, span = string.match(value, '^(%S+) (%S+) (%S+) (%S+)$')
        -- a clock that was set back begins no new span
        local since = max(0, now - begin)
        if since < length(p) then
            c.begin, c.used, c.before, c.span = now - since, tonumber(used), tonumber(before), tonumber(span)
            c.changed = begin - now > 0
        elseif since < 2 * length(p) then
            c.begin, c.before, c.span = begin + length(p), tonumber(used), (span + 1) % 10
        else
            c.span = (span + 2) % 10
        end
    end
    return c
end

local function write_count(c, p)
    redis.call('SET', KEYS[2 * p.number - 1], string.format('%.0f %.0f %.0f %.0f', c.begin, c.used, c.before, c.span),
        'PX', life(c.begin + 2 * length(p) - now))
end

local states, changed, overflowed = {}, {}, {}

-- Has the state written at the end.
local function change(s, p)
    if s.changed then
        return
    end
    s.changed = p
    changed[#changed + 1] = s
    if s.key == KEYS[2 * p.number] then
        s.known, s.counted, s.span = true, true, 0
    elseif not s.known then
        local c = count_of(p)
        c.used, c.changed = c.used + 1, true
        s.known, s.counted, s.span = true, true, c.span
    end
end

-- Counts a key in this span that was last used in an earlier one.
local function recount(s, p)
    -- a log that only gives back is not used
    if s.counted or s.more and #s.more == 0 then
        return
    end
    local c = count_of(p)
    local before = (c.span + 9) % 10
    if s.more then
        s.span = s.seen >= c.begin and c.span or s.seen >= c.begin - length(p) and before
    end
    if s.span ~= c.span then
        c.used, c.changed = c.used + 1, true
        if s.span == before then
            c.before = max(0, c.before - 1)
        end
        s.span = c.span
    end
end

local function loaded(k, p)
    local s = states[KEYS[k]]
    if not s then
        s = { key = KEYS[k], known = values[k] and true }
        p.algorithm.load(s, p, values[k])
        states[s.key] = s
        if s.moved then
            change(s, p)
        end
    end
    return s
end

-- The state under that key, or what the policy's further keys share, where it has as many as it may.
local function state_of(k, p)
    local s = states[KEYS[k]] or loaded(k, p)
    if s.known then
        return s
    end
    local c = count_of(p)
    if c.used + c.before < p.keys then
        return s
    end
    overflowed[p.number] = true
    return loaded(2 * p.number, p)
end

local function take(s, p, cost, at)
    if cost > 0 then
        change(s, p)
        p.algorithm.take(s, p, cost, at)
    end
end

-- Writes what has changed.
local function flush()
    for i = 1, #changed do
        local s, p = changed[i], changed[i].changed
        recount(s, p)
        p.algorithm.write(s, p)
    end
    for i = 1, POLICIES do
        local c = counts[KEYS[2 * i - 1]]
        if c and c.changed then
            c.changed = false
            write_count(c, policies[i])
        end
    end
end
