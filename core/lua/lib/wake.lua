-- Whoever is paused without an end in the platform's line is looked at again by the next ticks, and held again if
-- something else still holds it. A line of one creator is looked at whenever that creator's copies come.
local function wake_all(now)
  open_line('platform')
  local held = redis.call('ZRANGE', HELD, '+inf', '+inf', 'BYSCORE')
  each_chunk(1, #held, function(args, n)
    args[#args + 1] = now
    args[#args + 1] = held[n]
  end, function(args)
    redis.call('ZADD', HELD, 'XX', unpack(args))
  end)
end
