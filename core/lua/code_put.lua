#!lua flags=allow-oom
-- code_put: keeps a one-time code for a creator's login, in place of an earlier one, until it is taken or too old.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        creator
--      3        the code
--      4        for how long it is kept (ms)
-- Returns       until when it is kept (ms)
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/code.lua

local kept = tonumber(ARGV[4])
redis.call('SET', code_key(ARGV[2]), ARGV[3], 'PX', kept)
return clock(ARGV[1]) + kept
