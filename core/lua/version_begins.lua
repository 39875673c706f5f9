#!lua flags=allow-oom
-- version_begins: a scraper has begun. What another version has paused because the site's answers didn't fit goes on: it
-- may be the fix, or the one before the fault. If it is neither, the first answer pauses the kind again.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        unused
--      3        its version
--      4 ...    all kinds
-- Returns       { kind ... } that go on
-- Cost          O(k + h log h), k kinds, h creators that are held
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/drift.lua
-- include lib/wake.lua

local now, version = clock(ARGV[1]), ARGV[3]
write_drift('version', version)
local going = {}
for i = 4, #ARGV do
  local halt = pause_of_kind(ARGV[i], now)
  if halt and halt.mode == 'drift' and halt.version ~= version then
    redis.call('HDEL', HALTS, halt_name(ARGV[i], 'drift'))
    going[#going + 1] = ARGV[i]
  end
end
if #going > 0 then
  wake_all(now)
  tell('line', '*')
end
return going
