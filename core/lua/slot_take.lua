#!lua flags=allow-oom
-- slot_take: one more navigation to the site, if the window has room. Ask again until it is granted.
--
-- No slot is given while the site's window is closed, nor, in a Redis that has lost its memory, before a window and
-- the longest time that an answer can be outstanding have passed.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3        holder: a name used for one slot only
--      4 5      limit; window (ms): what is in force until an operator has set another
--      6        how long the answer can be outstanding (ms): the caller's own time-out, or longer
-- Returns       { 1, 0 } granted | { 0, ms until it may be }
-- Cost          O(log a), a who asks
-- include lib/time.lua
-- include lib/root.lua
-- include lib/rules.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/slots.lua

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[4], ARGV[5])
local holder, limit, window, hold = ARGV[3], rules.limit, rules.window, tonumber(ARGV[6])

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
if redis.call('ZSCORE', SLOTS, holder) then
  return { 1, 0 }
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', SEEN, '-inf', now - FORGET)) do
  redis.call('ZREM', ASKING, gone)
  redis.call('ZREM', SEEN, gone)
end
if not redis.call('ZSCORE', ASKING, holder) then
  redis.call('ZADD', ASKING, redis.call('INCR', TICKET), holder)
end
local taken = redis.call('ZCARD', SLOTS)
local before_it = redis.call('ZRANK', ASKING, holder)
if before_it < limit - taken and opens <= now then
  redis.call('ZREM', ASKING, holder)
  redis.call('ZREM', SEEN, holder)
  redis.call('ZADD', SLOTS, now + hold, holder)
  return { 1, 0 }
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
return { 0, wait }
