-- slot_return: the slot was never used, or its holder has stopped asking. It leaves no trace.
--
-- KEYS 1        the root of all keys
-- ARGV 1        unused
--      2        the line's name
--      3        holder
-- Returns       1 if a slot was given back, else 0
-- Cost          O(log n)
-- include lib/root.lua
-- include lib/slots.lua

redis.call('ZREM', ASKING, ARGV[3])
redis.call('ZREM', SEEN, ARGV[3])
return redis.call('ZREM', SLOTS, ARGV[3])
