-- void: an operation that was noted but could not be sent is withdrawn: nobody awaits it, and should its
-- message turn up after all, it is dropped.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
-- Returns       1 if it was withdrawn, 0 if it has gone further than pending (then it was accepted after all)
-- Cost          O(1)
-- include lib/time.lua
-- include lib/record.lua

local now = clock(ARGV[1])
local record = load_record(ARGV[2])
if not record or record.state ~= 'pending' then
  return 0
end
enter(record, 'cancelled', now)
record.error = 'could not be accepted: the queue did not answer'
if record.key then
  -- The caller was told that nothing was accepted: the next try under this key is a first one.
  redis.call('DEL', idempotency_key(record.key))
end
save_record(ARGV[2], record)
redis.call('ZREM', expected_key(record.creator), digits(record.seq))
local voided = ROOT .. ':voided:' .. record.creator
redis.call('SADD', voided, digits(record.seq))
redis.call('EXPIRE', voided, KEEP_SECONDS)
return 1
