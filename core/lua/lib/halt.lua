-- Halts a creator, or all ('*'), until a time (ms, or nil: until it is resumed). The creator leaves its line's ranking.
local function halt(who, mode, until_, reason, now)
  local name = halt_name(who, mode)
  -- A person is asked once, however often the site says it: since when counts from the first time.
  local before = mode == 'login' and unpack_halt(redis.call('HGET', HALTS, name), now)
  local since = before and before.since or now
  redis.call('HSET', HALTS, name, cmsgpack.pack({ mode = mode, since = since, until_ = until_, reason = reason }))
  local c = who ~= '*' and load_creator(who)
  if c and c.units > 0 and mode ~= 'draining' then
    hold(who, c, 'paused', until_ or math.huge, now)
    save_creator(who, c)
  end
end
