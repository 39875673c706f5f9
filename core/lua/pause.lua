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
-- Returns       1
-- Cost          O(t log n), t the creator's turns in the line
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua

local now = clock(ARGV[1])
open_line(ARGV[2])
local who, until_ = ARGV[3], tonumber(ARGV[4])
redis.call('HSET', HALTS, who, cmsgpack.pack({ mode = 'paused', since = now, until_ = until_, reason = ARGV[5] }))
local c = who ~= '*' and load_creator(who)
if c and c.units > 0 then
  hold(who, c, 'paused', until_ or math.huge, now)
  save_creator(who, c)
end
return 1
