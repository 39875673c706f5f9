-- operation: all that is known of one operation, with its place in the line while it waits. Read-only.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; how long a token stays spent (ms)
--      4        operation
-- Returns       the record as JSON, with `position` (1 is next) and `expected_at` (ms) while it waits; nil if unknown
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/view.lua

return view(ARGV[4], tonumber(ARGV[2]), tonumber(ARGV[3]), clock(ARGV[1]))
