-- attempt_end: how an attempt ended. The first end of an operation is the one that stays.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
--      3        state: one that ends it, or 'forwarded': it will be tried again
--      4        error, or ''
--      5        1 if the attempt counts as a failure
--      6        not again before (ms), or ''
-- Returns       failures so far
-- Cost          O(1)
-- include lib/time.lua
-- include lib/record.lua

local now = clock(ARGV[1])
local id, state = ARGV[2], ARGV[3]
local record = load_record(id)
if not record then
  return redis.error_reply('UNKNOWN no record of this operation')
end
if ENDED[record.state] then
  return record.failures
end
enter(record, state, now)
record.failures = record.failures + tonumber(ARGV[5])
record.error = ARGV[4] ~= '' and ARGV[4] or nil
record.retry_at = tonumber(ARGV[6])
save_record(id, record)
return record.failures
