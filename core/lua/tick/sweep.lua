-- What nobody needs any more goes, a little with each tick: all is looked through once an hour. `state` has swept: when
-- that began last (ms); sweeping: what is being looked through, and from where on, '' when all has been. Made only by a
-- tick that sweeps.
local SWEEP_AT_ONCE = 100
-- Sequences are microseconds; a producer that counts from 1 doesn't tell when.
local EARLIEST_TIME = 1e15

-- A creator of which nothing waits, and nothing was released for as long as a record of it could be there.
local function is_over(packed)
  local c = unpack_creator(packed)
  return c.units == 0 and c.sent > EARLIEST_TIME and c.sent / 1000 + KEEP_SECONDS * 1000 < now
end

local function is_halt_over(packed)
  local halt = unpack_halt(packed, now)
  return not halt or halt.mode == 'behind' and not pause_before(halt, now)
end

local SWEPT = {
  { CREATORS, is_over },
  { HALTS, is_halt_over },
  { CLOSED, function(time) return tonumber(time) <= now end },
}

-- The oldest that are listed, and of which nothing is known any more.
local function forget_listed()
  for _, oldest in ipairs(redis.call('ZRANGE', LISTED, 0, SWEEP_AT_ONCE - 1)) do
    if redis.call('EXISTS', record_key(oldest)) == 1 then
      return
    end
    redis.call('ZREM', LISTED, oldest)
  end
end

-- What nobody can come for any more.
local function forget_old()
  local kept_since = digits(now - KEEP_SECONDS * 1000)
  redis.call('ZREMRANGEBYSCORE', REFUSED, '-inf', now_text)
  for _, key in ipairs({ KNOWN, PENDING, UNKNOWN }) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', kept_since)
  end
  -- Whoever looks on and missed so much loads everything anew. The stream goes by Redis's own clock.
  redis.call('XTRIM', CHANGES, 'MINID', '~', digits(clock('') - SWEEP_EVERY * 24))
end

local which, cursor = string.match(state[8] or '', '^(%d+):(%d+)$')
if not which then
  which, cursor = '1', '0'
  forget_old()
  redis.call('ZREMRANGEBYSCORE', UNFINISHED, digits(ASIDE), digits(ASIDE + now))
  forget_listed()
  redis.call('HSET', STATE, 'swept', now_text)
end
local key, is_gone = unpack(SWEPT[tonumber(which)])
local page = redis.call('HSCAN', key, cursor, 'COUNT', SWEEP_AT_ONCE)
for i = 1, #page[2], 2 do
  if is_gone(page[2][i + 1]) then
    redis.call('HDEL', key, page[2][i])
  end
end
if page[1] == '0' then
  which = which + 1
end
redis.call('HSET', STATE, 'sweeping', SWEPT[tonumber(which)] and string.format('%d:%s', which, page[1]) or '')
