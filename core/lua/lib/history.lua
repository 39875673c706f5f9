-- What happened in each minute, for a day: for pictures. Counted by whoever does it, in the same call.
--
--   history:H    hash  of the H-th hour since the epoch: MINUTE:what -> how much, where what is
--                        n  navigations that the site has answered      r  released
--                        s f  ended well; ended in any other way
--                        w d  of those that ended at the site, together: waited until they began; then took (ms)
--                        q  how many waited when the minute began
local HOUR = 3600000
local HISTORY_SECONDS = 25 * 3600

local function history_key(hour)
  return ROOT .. ':history:' .. digits(hour)
end

local function count(now, what, n)
  local key = history_key(math.floor(now / HOUR))
  local field = math.floor(now % HOUR / 60000) .. ':' .. what
  if redis.call('HINCRBY', key, field, digits(n)) == n then
    redis.call('EXPIRE', key, HISTORY_SECONDS)
  end
end
