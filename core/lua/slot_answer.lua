#!lua flags=allow-oom
-- slot_answer: the site has answered; the slot is dated to now and comes back a window later.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3        holder
-- Returns       1, or 0 if the holder had no slot (any more)
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/slots.lua

return redis.call('ZADD', SLOTS, 'XX', 'CH', clock(ARGV[1]), ARGV[3])
