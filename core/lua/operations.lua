-- operations: the operations noted last, newest first, a page of them. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4 5      how many are passed over; how many at most
-- Returns       { record as JSON ... }, as `operation` has it
-- Cost          O(log n) for each, and one step for each that is passed over
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua
-- include lib/view.lua

local now, limit, window = clock(ARGV[1]), ARGV[2], ARGV[3]
local from, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local found = {}
for _, id in ipairs(redis.call('LRANGE', NOTED, from, from + most - 1)) do
  found[#found + 1] = view(id, limit, window, now)
end
return found
