#!lua flags=allow-oom
-- slot_take: one more navigation to the site, if the window has room. Ask again until it is granted.
--
-- No slot is given while the site's window is closed, nor, in a Redis that has lost its memory, before a window and
-- the longest time that an answer can be outstanding have passed. While the breaker is half open one is given, the
-- probe: to another creator than the one that opened it, unless none asks for a window.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3        holder: a name used for one slot only
--      4 5      limit; window (ms): what is in force until an operator has set another
--      6        how long the answer can be outstanding (ms): the caller's own time-out, or longer
--      7        the holder's creator
-- Returns       { 1, slots taken of the window, the limit, 1 if it is the breaker's probe, else 0 } granted |
--               { 0, ms until it may be, until when the site's window is closed (ms), or 0 }
-- Cost          O(log a), a who asks
-- include lib/time.lua
-- include lib/keep.lua
-- include lib/root.lua
-- include lib/rules.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/slots.lua
-- include lib/breaker.lua

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[4], ARGV[5])
local holder, limit, window, hold = ARGV[3], rules.limit, rules.window, tonumber(ARGV[6])

-- How soon those who wait for the probe ask again (ms).
local PROBE_LOOK = 1000
-- Who has not asked again for so long after the time it was told (ms) has given up, or died.
local FORGET = 10000

local known = redis.call('HMGET', SHUT, 'window', 'until')
local before, shut = tonumber(known[1] or nil), tonumber(known[2] or 0)
local lost = memory_lost(now)
if lost > 0 then
  shut = math.max(shut, lost + window + hold)
end
if window ~= before then
  -- Slots older than the shorter window are forgotten: by then they are older than the longer one.
  shut = math.max(shut, now + window - (before or window))
  redis.call('HSET', SHUT, 'window', window, 'until', digits(shut))
end
local opens = math.max(shut, closed_until(ARGV[2]))

redis.call('ZREMRANGEBYSCORE', SLOTS, '-inf', now - window)
local taken = redis.call('ZCARD', SLOTS)
local breaker = redis.call('HMGET', BREAKER, 'by', 'until', 'probe', 'probe_until')
-- Holders are named by their operations, and a line of its own by its creator.
local function keep_for_a_while()
  for _, key in ipairs({ SLOTS, ASKING, SEEN, TICKET, SHUT }) do
    redis.call('EXPIRE', key, KEEP_SECONDS)
  end
end
local function granted()
  keep_for_a_while()
  return { 1, taken, limit, breaker[3] == holder and 1 or 0 }
end
if redis.call('ZSCORE', SLOTS, holder) then
  return granted()
end
local half_open = breaker[1] and opens <= now
if half_open and breaker[1] == ARGV[7] and now < tonumber(breaker[2]) + window then
  -- It must not stand in the others' way either.
  redis.call('ZREM', ASKING, holder)
  redis.call('ZREM', SEEN, holder)
  return { 0, PROBE_LOOK, 0 }
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', SEEN, '-inf', now - FORGET)) do
  redis.call('ZREM', ASKING, gone)
  redis.call('ZREM', SEEN, gone)
end
if not redis.call('ZSCORE', ASKING, holder) then
  redis.call('ZADD', ASKING, redis.call('INCR', TICKET), holder)
end
-- A holder's name begins with its operation, which may need more than one slot: for a login that leads on, say.
local function operation_of(name)
  return string.match(name, '^[^:]*')
end
if half_open and breaker[3] and tonumber(breaker[4]) > now and operation_of(breaker[3]) ~= operation_of(holder) then
  redis.call('ZADD', SEEN, now + PROBE_LOOK, holder)
  keep_for_a_while()
  return { 0, PROBE_LOOK, 0 }
end
local before_it = redis.call('ZRANK', ASKING, holder)
if before_it < limit - taken and opens <= now then
  redis.call('ZREM', ASKING, holder)
  redis.call('ZREM', SEEN, holder)
  redis.call('ZADD', SLOTS, now + hold, holder)
  taken = taken + 1
  if half_open then
    breaker[3] = holder
    redis.call('HSET', BREAKER, 'probe', holder, 'probe_until', digits(now + hold))
  end
  return granted()
end
local wait = opens - now
if before_it >= limit - taken then
  local i = (before_it - limit + taken) % limit
  local returns = redis.call('ZRANGE', SLOTS, i, i, 'WITHSCORES')
  -- A slot whose answer is outstanding can't come back before a window from now; when it is answered, that is exact.
  local dated = math.min(now, returns[2] and tonumber(returns[2]) or now)
  wait = math.max(wait, dated + window - now)
end
wait = math.max(1, math.ceil(wait))
redis.call('ZADD', SEEN, now + wait, holder)
keep_for_a_while()
return { 0, wait, opens > now and opens or 0 }
