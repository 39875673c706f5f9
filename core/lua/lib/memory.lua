-- How full Redis is. Asked for at most once a second: the answer takes longer than all the rest of a tick.
--
--   memory    hash  at: when it was looked at (ms); level: 0 there is room | 1 above 75 %: no bodies are kept |
--                   2 above 95 %: nobody new is put in line
local MEMORY = ROOT .. ':memory'
local LOOK_EVERY = 1000

local function memory_level(now)
  local known = redis.call('HMGET', MEMORY, 'at', 'level')
  local at = tonumber(known[1] or 0)
  if at <= now and now < at + LOOK_EVERY then
    return tonumber(known[2])
  end
  local info = redis.call('INFO', 'memory')
  local used = tonumber(string.match(info, 'used_memory:(%d+)'))
  -- It is far down: to look for it as a pattern takes 3.2 µs, plainly 0.2.
  local most = tonumber(string.match(info, '^(%d+)', select(2, string.find(info, '\nmaxmemory:', 1, true)) + 1))
  local level = 0
  if most > 0 and used > 0.75 * most then
    level = used > 0.95 * most and 2 or 1
  end
  redis.call('HSET', MEMORY, 'at', digits(now), 'level', level)
  return level
end
