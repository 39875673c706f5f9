#!lua flags=allow-oom
-- cancel: an operation that has not begun is not done. Its creator gives back the turn.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
--      3        why, for whoever asks
-- Returns       { 1, 'cancelled' }, or { 0, state }: it has begun, or ended; 'forwarded' with a try at its effect
--               behind it counts as begun; { 0, '' }: unknown
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/withdraw.lua

local record = load_record(ARGV[2])
if not record then
  return { 0, '' }
end
local is_open = record.state == 'pending' or record.state == 'waiting' or record.state == 'forwarded'
if not is_open or (record.work and record.work.tried) then
  return { 0, record.state }
end
withdraw(ARGV[2], record, ARGV[3], clock(ARGV[1]))
tell_changes()
return { 1, record.state }
