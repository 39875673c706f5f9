#!lua flags=allow-oom
-- resume: ends a pause, or a draining. A creator takes its place in the line from now on: the turns that it missed
-- it doesn't get afterwards. The next tick lets it go.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the creator's line
--      3        creator, or '*' for all
--      4        'paused': whatever an operator has said, or the site refused; 'login': the site lets the creator in again
-- Returns       1, or 0: there was nothing to end
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua

local who, mode = ARGV[3], ARGV[4]
open_line(ARGV[2])
local now = clock(ARGV[1])
redis.call('ZADD', HELD, 'XX', now, who)
local names = mode == 'login' and { halt_name(who, mode) } or { who, halt_name(who, 'refused') }
local ended = 0
for _, name in ipairs(names) do
  -- What was over by itself may still be here, or not.
  if unpack_halt(redis.call('HGET', HALTS, name), now) then
    ended = 1
  end
end
redis.call('HDEL', HALTS, unpack(names))
tell(who == '*' and 'line' or 'creator', who)
return ended
