-- What an operator, the site, or the scraper has halted.
--
--   halts     hash  name -> packed { mode, since (ms), until_ (ms, or nil: until it is resumed), reason }, where name is
--                     a creator, or '*' for all: an operator's word. Mode 'paused': nothing of it begins; 'draining':
--                       nothing new is accepted; 'erasing': both, until nothing of the creator is left
--                     login:CREATOR, mode 'login': the site doesn't let it in, and a person must look. Nothing of it
--                       begins but a change of its password
--                     refused:CREATOR, mode 'refused': the site has answered 429, and named the time
--                     kind:KIND, mode 'kind_paused': an operator's word; or 'drift': the site's answers to this kind don't
--                       fit any more (version: of the scraper that saw it). No operation of it begins, of no creator
--                     behind:CREATOR, mode 'behind': an operation of a paused kind (id) was let through before the pause.
--                       For as long as it waits there, what comes after it waits in the line
--   closed    hash  line, or '*' for all -> until when the site's window is closed (ms)
--   refused   zset  creator -> until when it is refused (ms)
local HALTS, CLOSED, REFUSED = ROOT .. ':halts', ROOT .. ':closed', ROOT .. ':refused'

-- The only kind that begins where the site doesn't let a creator in.
local MENDS_LOGIN = 'credentials.rotate'

-- What is set aside counts until so much later (ms): for back-pressure it isn't under way.
local ASIDE = 1e15

-- How a halt is named, by its mode.
local NAMED = { login = 'login:', refused = 'refused:', behind = 'behind:', kind_paused = 'kind:', drift = 'kind:' }

local function halt_name(who, mode)
  return (NAMED[mode] or '') .. who
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

-- What keeps every operation of a kind from beginning; nil: nothing does.
local function pause_of_kind(kind, now)
  return unpack_halt(redis.call('HGET', HALTS, halt_name(kind, 'drift')), now)
end

-- The pause of the kind of the operation behind which a creator waits; nil: that one waits no longer.
local function pause_before(behind, now)
  local record = load_record(behind.id)
  return record and record.kind and not ENDED[record.state] and pause_of_kind(record.kind, now) or nil
end

-- What keeps everything of `who` from beginning, of several what lasts longest; nil: nothing does.
-- kind   of the operation that is to begin, or nil: of any
local function pause_of(who, now, kind)
  local longest
  local names = { who, halt_name(who, 'login'), halt_name(who, 'refused'), halt_name(who, 'behind') }
  names[5] = kind and halt_name(kind, 'drift')
  local packed = redis.call('HMGET', HALTS, unpack(names))
  for i = 1, #packed do
    local halt = unpack_halt(packed[i], now)
    if halt and halt.mode == 'behind' then
      halt = pause_before(halt, now)
    end
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
