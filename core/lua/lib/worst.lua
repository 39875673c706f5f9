-- The most that the site has answered within one window, by the hour, for a day.
--
--   answered   zset  holder -> when the site answered (ms); older than a window is trimmed
--   worst      hash  hour since the epoch -> the most in any window that ended in it, '/', the limit as it was then
local ANSWERED, WORST = SITE .. ':answered', SITE .. ':worst'
local WORST_HOURS = 24

-- The hours of the last day, each { hour, most, limit }.
local function worst_hours()
  local hours = {}
  local known = redis.call('HGETALL', WORST)
  for i = 1, #known, 2 do
    local hour = tonumber(known[i])
    local most, limit = string.match(known[i + 1], '^(%d+)/(%d+)$')
    hours[#hours + 1] = { hour, tonumber(most), tonumber(limit) }
  end
  return hours
end

local function note_worst(now, n, limit)
  local hour = math.floor(now / 3600000)
  local most, its_limit = string.match(redis.call('HGET', WORST, digits(hour)) or '', '^(%d+)/(%d+)$')
  -- Of two, that is worse which leaves less of its limit, or goes further beyond it.
  if most and n - limit <= tonumber(most) - tonumber(its_limit) then
    return
  end
  redis.call('HSET', WORST, digits(hour), string.format('%d/%d', n, limit))
  for _, known in ipairs(worst_hours()) do
    if known[1] <= hour - WORST_HOURS then
      redis.call('HDEL', WORST, digits(known[1]))
    end
  end
  redis.call('EXPIRE', WORST, 3600 * (WORST_HOURS + 1))
end
