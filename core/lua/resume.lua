#!lua flags=allow-oom
-- resume: ends a pause, or a draining. A creator takes its place in the line from now on: the turns that it missed
-- it doesn't get afterwards. The next tick lets it go.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the creator's line
--      3        creator, or '*' for all
-- Returns       1, or 0: it was neither paused nor draining
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua

open_line(ARGV[2])
redis.call('ZADD', HELD, 'XX', clock(ARGV[1]), ARGV[3])
return redis.call('HDEL', HALTS, ARGV[3])
