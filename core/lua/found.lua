-- found: says that this Redis remembers everything there is to remember, so that nobody need wait.
--
-- Said by whoever knows: of a Redis in which there never was a line, or of one that was started again and has lost
-- nothing. Otherwise the first tick in a Redis that it doesn't know takes both windows as just spent, and awaits
-- unseen predecessors for a while.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        'new' (nothing was here before) or 'same' (what is here is whole)
-- Returns       1 if that is believed, else 0: 'new' where there is something, or 'same' where there is nothing
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/home.lua

local home = redis.call('HMGET', HOME, 'replid', 'before')
local same = ARGV[2] == 'same'
if same ~= (home[1] and true or false) then
  return 0
end
-- Somebody may have come before, and taken it for another one.
memory_lost(clock(ARGV[1]))
redis.call('HSET', HOME, 'since', same and redis.call('HGET', HOME, 'before') or '0')
return 1
