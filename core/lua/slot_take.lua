-- slot_take: one more navigation to the site, if the window has room. Ask again until it is granted.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3        holder: a name used for one slot only
--      4 5      limit; window (ms)
--      6        how long the answer can be outstanding (ms): the caller's own time-out, or longer
-- Returns       { 1, 0 } granted | { 0, ms until it may be }
-- Cost          O(log a), a who asks
-- include lib/time.lua
-- include lib/slots.lua

local now = clock(ARGV[1])
local holder, limit, window, hold = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

-- Who has not asked again for so long after the time it was told (ms) has given up, or died.
local FORGET = 10000

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
local free = limit - redis.call('ZCARD', SLOTS)
local before = redis.call('ZRANK', ASKING, holder)
if before < free then
  redis.call('ZREM', ASKING, holder)
  redis.call('ZREM', SEEN, holder)
  redis.call('ZADD', SLOTS, now + hold, holder)
  return { 1, 0 }
end
local i = (before - free) % limit
local returns = redis.call('ZRANGE', SLOTS, i, i, 'WITHSCORES')
-- A slot whose answer is outstanding can't come back before a window from now; when it is answered, that is exact.
local dated = math.min(now, returns[2] and tonumber(returns[2]) or now)
local wait = math.max(1, dated + window - now)
redis.call('ZADD', SEEN, now + wait, holder)
return { 0, wait }
