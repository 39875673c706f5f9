#!lua flags=allow-oom
-- code_take: takes the one-time code of a creator: whoever comes next gets none. Where there is none, it is said that one is
-- awaited, or that it isn't any more.
--
-- KEYS 1        the root of all keys
-- ARGV 1        creator
--      2        until when one is awaited (ms), or '': this was the last look
--      3        how long that holds unless it is said again (ms)
-- Returns       the code, or '': there is none
-- Cost          O(1)
-- include lib/root.lua
-- include lib/code.lua

local code = redis.call('GETDEL', code_key(ARGV[1]))
if code or ARGV[2] == '' then
  redis.call('DEL', code_asked_key(ARGV[1]))
else
  redis.call('SET', code_asked_key(ARGV[1]), ARGV[2], 'PX', ARGV[3])
end
return code or ''
