-- What an operator, or the scraper, has halted.
--
--   halts     hash  creator, or '*' for all -> packed { mode: 'paused' (nothing of it begins) or 'draining' (nothing
--                   new is accepted), since (ms), until_ (ms, or nil: until it is resumed), reason }
--   closed    hash  line, or '*' for all -> until when the site's window is closed (ms)
local HALTS, CLOSED = ROOT .. ':halts', ROOT .. ':closed'

local function halt_of(who, now)
  local packed = redis.call('HGET', HALTS, who)
  local halt = packed and cmsgpack.unpack(packed)
  if halt and (not halt.until_ or halt.until_ > now) then
    return halt
  end
end

local function pause_of(who, now)
  local halt = halt_of(who, now)
  return halt and halt.mode == 'paused' and halt or nil
end

-- Until when the site's window is closed (ms); 0: it is open.
local function closed_until(line)
  local closed = redis.call('HMGET', CLOSED, line, '*')
  return math.max(tonumber(closed[1] or 0), tonumber(closed[2] or 0))
end
