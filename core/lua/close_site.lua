#!lua flags=allow-oom
-- close_site: until a time nobody navigates, and nothing is released. A time in the past opens it.
--
-- KEYS 1        the root of all keys
-- ARGV 1        unused
--      2        the line's name, or '*' for all
--      3        until when (ms)
-- Returns       1
-- Cost          O(1)
-- include lib/root.lua
-- include lib/changes.lua
-- include lib/halts.lua

redis.call('HSET', CLOSED, ARGV[2], ARGV[3])
tell('line', '*')
return 1
