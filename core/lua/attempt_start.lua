-- attempt_start: the scraper is about to try an operation.
--
-- An operation that has ended is left as it is: the caller deletes its message and does nothing else.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3 4    operation, creator, kind (for a record that Redis has lost)
-- Returns       { state, attempts, failures, state before or '', what was tried as JSON or '' }
--               state: 'running', or the one in which it had ended; before: 'running' if the attempt before this
--               one never ended, '' if Redis has no record of the operation
-- Cost          O(1)
-- include lib/time.lua
-- include lib/record.lua

local now = clock(ARGV[1])
local id = ARGV[2]
local known = load_record(id)
local record = known or { creator = ARGV[3], kind = ARGV[4], line = '', at = {}, attempts = 0, failures = 0 }
local before = known and known.state or ''
if record.creator ~= ARGV[3] then
  return redis.error_reply('STRANGER operation belongs to another creator')
end
if not ENDED[record.state] then
  enter(record, 'running', now)
  record.attempts = record.attempts + 1
  record.retry_at = nil
  save_record(id, record)
end
return { record.state, record.attempts, record.failures, before, record.tried and cjson.encode(record.tried) or '' }
