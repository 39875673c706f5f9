-- What an operator, the site, or the scraper has halted.
--
--   halts     hash  name -> packed { mode, since (ms), until_ (ms, or nil: until it is resumed), reason }, where name is
--                     a creator, or '*' for all: an operator's word. Mode 'paused': nothing of it begins; 'draining':
--                       nothing new is accepted; 'erasing': both, until nothing of the creator is left
--                     login:CREATOR, mode 'login': the site doesn't let it in, and a person must look. Nothing of it
--                       begins but a change of its password
--                     refused:CREATOR, mode 'refused': the site has answered 429, and named the time
--   closed    hash  line, or '*' for all -> until when the site's window is closed (ms)
--   refused   zset  creator -> until when it is refused (ms)
local HALTS, CLOSED, REFUSED = ROOT .. ':halts', ROOT .. ':closed', ROOT .. ':refused'

-- The only kind that begins where the site doesn't let a creator in.
local MENDS_LOGIN = 'credentials.rotate'

-- How a halt is named, by its mode.
local function halt_name(who, mode)
  return (mode == 'login' or mode == 'refused') and mode .. ':' .. who or who
end

local function unpack_halt(packed, now)
  local halt = packed and cmsgpack.unpack(packed)
  if halt and (not halt.until_ or halt.until_ > now) then
    return halt
  end
end

-- As it is told.
local function shown_halt(halt)
  return halt and { mode = halt.mode, since = halt.since, reason = halt.reason, ['until'] = halt.until_ }
end

local function is_draining(who, now)
  local halt = unpack_halt(redis.call('HGET', HALTS, who), now)
  return halt ~= nil and (halt.mode == 'draining' or halt.mode == 'erasing')
end

-- What keeps everything of `who` from beginning, of several what lasts longest; nil: nothing does.
-- kind   of the operation that is to begin, or nil: of any
local function pause_of(who, now, kind)
  local longest
  local packed = redis.call('HMGET', HALTS, who, halt_name(who, 'login'), halt_name(who, 'refused'))
  for i = 1, #packed do
    local halt = unpack_halt(packed[i], now)
    if halt and halt.mode ~= 'draining' and not (halt.mode == 'login' and kind == MENDS_LOGIN) then
      if not longest or (halt.until_ or math.huge) > (longest.until_ or math.huge) then
        longest = halt
      end
    end
  end
  return longest
end

-- Until when the site's window is closed (ms); 0: it is open.
local function closed_until(line)
  local closed = redis.call('HMGET', CLOSED, line, '*')
  return math.max(tonumber(closed[1] or 0), tonumber(closed[2] or 0))
end

-- Closes it for longer, never for less.
local function close_until(line, time)
  redis.call('HSET', CLOSED, line, digits(math.max(time, tonumber(redis.call('HGET', CLOSED, line) or 0))))
end
