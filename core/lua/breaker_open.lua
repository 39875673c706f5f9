#!lua flags=allow-oom
-- breaker_open: the site fails: nobody navigates, and nothing is released, for a while; for twice as long each time
-- that it fails again when it is probed.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        unused
--      3        the creator whose operations failed
--      4 5      how long it stays open the first time, and at most (ms)
--      6        why, for whoever asks
-- Returns       until when it is open (ms)
-- Cost          O(1)
-- include lib/time.lua
-- include lib/keep.lua
-- include lib/root.lua
-- include lib/changes.lua
-- include lib/halts.lua
-- include lib/breaker.lua

local now = clock(ARGV[1])
local known = redis.call('HMGET', BREAKER, 'until', 'times', 'since')
local time = tonumber(known[1] or 0)
if time > now then
  -- Another task has seen it too.
  return time
end
local times = tonumber(known[2] or 0) + 1
time = now + math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) * 2 ^ (times - 1))
redis.call('HSET', BREAKER, 'by', ARGV[3], 'until', digits(time), 'since', known[3] or digits(now), 'times', times, 'why', ARGV[6])
redis.call('HDEL', BREAKER, 'probe', 'probe_until')
redis.call('EXPIRE', BREAKER, KEEP_SECONDS)
close_until('*', time)
tell('line', '*')
return time
