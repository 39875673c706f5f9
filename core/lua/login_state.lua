-- login_state: whether the site lets a creator in, as far as is known, and what a person has done about it. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        creator
-- Returns       { since when it doesn't (ms; 0: nothing is known against it), why; until when a login waits for a code (ms; 0:
--                 none does), until when a code is kept that nobody has taken (ms; 0: there is none) }
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/halts.lua
-- include lib/code.lua

local now, creator = clock(ARGV[1]), ARGV[2]
local halt = unpack_halt(redis.call('HGET', HALTS, halt_name(creator, 'login')), now)
local left = redis.call('PTTL', code_key(creator))
return {
  halt and halt.since or 0, halt and halt.reason or '', tonumber(redis.call('GET', code_asked_key(creator)) or 0),
  left > 0 and now + left or 0,
}
