-- operation: all that is known of one operation, with its place in the line while it waits. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4        operation
-- Returns       the record as JSON, with what it waits for (lib/outlook.lua); nil if unknown
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua
-- include lib/view.lua

return view(ARGV[4], ARGV[2], ARGV[3], clock(ARGV[1]))
