-- kinds_paused: which of some kinds are paused. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 ...    kinds
-- Returns       { { kind, mode ('kind_paused': an operator's word | 'drift'), since (ms), why } ... }
-- Cost          O(k), k kinds
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua

local now = clock(ARGV[1])
local paused = {}
for i = 2, #ARGV do
  local halt = pause_of_kind(ARGV[i], now)
  if halt then
    paused[#paused + 1] = { ARGV[i], halt.mode, digits(halt.since), halt.reason }
  end
end
return paused
