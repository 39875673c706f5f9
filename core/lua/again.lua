#!lua flags=allow-oom
-- again: an operation that has ended was asked for again, as another one; it is known which, so that it is asked for once.
--
-- KEYS 1        the root of all keys
-- ARGV 1        operation
--      2        the one that repeats it, or '': only asked which that is
--      3        the one that is known to repeat it and counts no more, or ''
-- Returns       the one that repeats it as far as is known then, or '': the first that was named stays
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua

local record = load_record(ARGV[1])
if not record or not record.creator then
  return ''
end
local known = record.work and record.work.again or ''
if ARGV[2] == '' or known ~= ARGV[3] then
  return known
end
work_of(record).again = ARGV[2]
save_record(ARGV[1], record)
return ARGV[2]
