#!lua flags=allow-oom
-- site_refused: the site has answered 429, and named a time. Until then nothing of this creator begins. The window of its
-- line is closed too, for one window at most; for longer, and for all, only once a second creator is refused: what one
-- account is told for an hour must not stop the others.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the creator's line
--      3        creator
--      4        until when (ms)
--      5 6      limit; window (ms): what is in force until an operator has set another
-- Returns       until when the site's window is closed (ms)
-- Cost          O(t log n), t the creator's turns in the line
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/halt.lua

local now = clock(ARGV[1])
local line, creator, time = ARGV[2], ARGV[3], tonumber(ARGV[4])
if time > now then
  open_line(line)
  halt(creator, 'refused', time, 'the site answered 429', now)
  close_until(line, math.min(time, now + rules_in_force(ARGV[5], ARGV[6]).window))
  redis.call('ZREMRANGEBYSCORE', REFUSED, '-inf', digits(now))
  redis.call('ZADD', REFUSED, 'GT', digits(time), creator)
  -- Two creators are refused until then: it is the site that wants nothing more.
  local second = redis.call('ZREVRANGE', REFUSED, 1, 1, 'WITHSCORES')[2]
  if second then
    close_until('*', math.min(time, tonumber(second)))
  end
  tell('creator', creator)
  tell('line', '*')
end
return math.max(now, closed_until(line))
