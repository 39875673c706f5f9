#!lua flags=allow-oom
-- breaker_probed: how the probe of a half-open breaker has ended, if not badly: then it is opened again.
--
-- KEYS 1        the root of all keys
-- ARGV 1        unused
--      2        unused
--      3        the holder of the probe's slot
--      4        1: the site has answered well, the breaker is closed; 0: nobody knows, another one probes
-- Returns       1, or 0: that holder isn't the probe (any more)
-- Cost          O(1)
-- include lib/root.lua
-- include lib/changes.lua
-- include lib/breaker.lua

if redis.call('HGET', BREAKER, 'probe') ~= ARGV[3] then
  return 0
end
if ARGV[4] == '1' then
  redis.call('DEL', BREAKER)
else
  redis.call('HDEL', BREAKER, 'probe', 'probe_until')
end
tell('line', '*')
return 1
