#!lua flags=allow-oom
-- resume_kind: operations of a kind begin again, whoever has paused it. Creators that were held for it take their places
-- in the line from now on, as after a pause of their own.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        unused
--      3        kind
-- Returns       1, or 0: it was not paused
-- Cost          O(h log h), h creators that are held
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/wake.lua

local now = clock(ARGV[1])
local ended = redis.call('HDEL', HALTS, halt_name(ARGV[3], 'kind_paused'))
if ended == 1 then
  wake_all(now)
  tell('line', '*')
end
return ended
