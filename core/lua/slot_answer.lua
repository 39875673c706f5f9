#!lua flags=allow-oom
-- slot_answer: the site has answered; the slot is dated to now and comes back a window later. Whoever's slot it was, what
-- the site has answered within one window is counted, apart from the slots: this is what proves them.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3        holder
--      4 5      limit; window (ms): what is in force until an operator has set another
-- Returns       1, or 0 if the holder had no slot (any more)
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/keep.lua
-- include lib/root.lua
-- include lib/rules.lua
-- include lib/slots.lua
-- include lib/history.lua
-- include lib/worst.lua

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[4], ARGV[5])
redis.call('ZREMRANGEBYSCORE', ANSWERED, '-inf', now - rules.window)
redis.call('ZADD', ANSWERED, now, ARGV[3])
redis.call('EXPIRE', ANSWERED, KEEP_SECONDS)
note_worst(now, redis.call('ZCARD', ANSWERED), rules.limit)
count(now, 'n', 1)
return redis.call('ZADD', SLOTS, 'XX', 'CH', now, ARGV[3])
