-- void: an operation that was noted but could not be sent is withdrawn: nobody awaits it, and should its
-- message turn up after all, it is dropped.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
-- Returns       1 if it was withdrawn, 0 if it has gone further than pending (then it was accepted after all)
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/withdraw.lua

local now = clock(ARGV[1])
local record = load_record(ARGV[2])
if not record or record.state ~= 'pending' then
  return 0
end
local key = record.work and record.work.key
if key then
  -- The caller was told that nothing was accepted: the next try under this key is a first one.
  redis.call('DEL', idempotency_key(key))
end
if record.work then
  -- So nobody is to be told that it has ended either.
  record.work.hook = nil
end
withdraw(ARGV[2], record, 'could not be accepted: the queue did not answer', now)
tell_changes()
return 1
