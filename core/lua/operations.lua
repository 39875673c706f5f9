-- operations: the operations noted last, newest first, a page of them. Read-only.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; how long a token stays spent (ms)
--      4 5      how many are passed over; how many at most
-- Returns       { record as JSON ... }, as `operation` has it
-- Cost          O(log n) for each
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/view.lua

local now, limit, span = clock(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local from, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', NOTED, from, from + most - 1)) do
  found[#found + 1] = view(id, limit, span, now)
end
return found
