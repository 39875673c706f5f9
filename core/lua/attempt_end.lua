#!lua flags=allow-oom
-- attempt_end: how an attempt ended. The first end of an operation is the one that stays.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
--      3        state: one that ends it, or 'forwarded': it will be tried again
--      4        error, or ''
--      5        1 if the attempt counts as a failure
--      6        not again before (ms), or ''
--      7 ...    pages of the site that have answered as expected, of one that succeeded
-- Returns       failures so far
-- Cost          O(log u), u what is forwarded and not ended
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/history.lua
-- include lib/tries.lua
-- include lib/drift.lua

local now = clock(ARGV[1])
local id, state = ARGV[2], ARGV[3]
local record = load_record(id)
if not record then
  return redis.error_reply('UNKNOWN no record of this operation')
end
local work = work_of(record)
if ENDED[record.state] then
  return work.failures
end
enter(record, state, now)
end_try(work, now, ARGV[4])
work.failures = work.failures + tonumber(ARGV[5])
work.error = ARGV[4] ~= '' and ARGV[4] or nil
work.retry_at = tonumber(ARGV[6])
save_record(id, record)
open_line(record.line)
for i = 7, #ARGV do
  note_fit(record.kind, ARGV[i], record.creator, now)
end
if ENDED[state] then
  redis.call('ZREM', UNFINISHED, id)
  if state == 'outcome_unknown' then
    redis.call('ZADD', UNKNOWN, now, id)
  end
  count(now, state == 'succeeded' and 's' or 'f', 1)
  if work.at_running then
    count(now, 'w', math.max(0, work.at_running - (record.at_pending or record.at_waiting or work.at_running)))
    count(now, 'd', math.max(0, now - work.at_running))
  end
else
  redis.call('ZADD', UNFINISHED, math.max(now, work.retry_at or now) + UNHEARD, id)
end
tell_changes()
return work.failures
