#!lua flags=allow-oom
-- drain: nothing new of a creator, or of all, is accepted any more; what was accepted goes on until it is done.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the creator's line
--      3        creator, or '*' for all
--      4        until when (ms), or '': until it is resumed
--      5        why, for whoever asks
-- Returns       1
-- Cost          O(t log n), t the creator's turns in the line
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/halt.lua

local now = clock(ARGV[1])
open_line(ARGV[2])
local who = ARGV[3]
halt(who, 'draining', tonumber(ARGV[4]), ARGV[5], now)
-- One that was paused until now goes on.
redis.call('ZADD', HELD, 'XX', now, who)
tell(ARGV[3] == '*' and 'line' or 'creator', ARGV[3])
return 1
