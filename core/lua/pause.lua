#!lua flags=allow-oom
-- pause: nothing of a creator, or of all, begins any more; what runs comes to its end. What has been forwarded is kept
-- by the scraper, what waits leaves the ranking. New operations are accepted, and wait.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the creator's line
--      3        creator, or '*' for all
--      4        until when (ms), or '': until it is resumed
--      5        why, for whoever asks
--      6        'paused': an operator's word, 'login': the site doesn't let the creator in, or 'erasing': nothing new is
--               accepted either
-- Returns       1
-- Cost          O(t log n), t the creator's turns in the line
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/halt.lua

open_line(ARGV[2])
halt(ARGV[3], ARGV[6], tonumber(ARGV[4]), ARGV[5], clock(ARGV[1]))
tell(ARGV[3] == '*' and 'line' or 'creator', ARGV[3])
return 1
