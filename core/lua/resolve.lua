#!lua flags=allow-oom
-- resolve: a person has settled an operation of which nobody knew whether it took effect. The first word is the one that
-- stays.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
--      3        what was said of it
--      4        state that follows from that: 'succeeded' or 'failed'
--      5 6      error, or ''; the operation that repeats it, or ''
-- Returns       { 'resolved', state }, also where the same was said before; { 'another', what was said before };
--               { 'state', its state }: there is nothing to settle; { 'unknown', '' }
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua

local record = load_record(ARGV[2])
if not record or not record.creator then
  return { 'unknown', '' }
end
local said = record.work and record.work.resolved
if said then
  return said == ARGV[3] and { 'resolved', record.state } or { 'another', said }
end
if record.state ~= 'outcome_unknown' then
  return { 'state', record.state }
end
redis.call('ZREM', UNKNOWN, ARGV[2])
enter(record, ARGV[4], clock(ARGV[1]))
local work = work_of(record)
work.resolved = ARGV[3]
work.error = ARGV[5] ~= '' and ARGV[5] or nil
work.again = ARGV[6] ~= '' and ARGV[6] or nil
save_record(ARGV[2], record)
tell_changes()
return { 'resolved', record.state }
