#!lua flags=allow-oom
-- void: an operation that was noted but could not be sent is withdrawn: nobody awaits it, and should its
-- message turn up after all, it is dropped. Under an idempotency key several may be sending it at once: it is withdrawn
-- when all of them have given it up, for each may have told its caller that it is accepted.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
--      3        which of those that asked for it gives it up, from 1
-- Returns       'withdrawn', also if it was before; 'stands': it has gone further than pending (then it was accepted
--               after all); 'asked again': by another, who has not given it up; 'unknown': there is no record of it
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/withdraw.lua

local id, ask = ARGV[2], tonumber(ARGV[3])
local record = load_record(id)
if not record then
  return 'unknown'
end
if record.state ~= 'pending' then
  -- A call whose answer was lost is made again.
  return record.state == 'cancelled' and 'withdrawn' or 'stands'
end

local function is_given_up_by_all(work)
  work.gave_up = work.gave_up or {}
  for _, other in ipairs(work.gave_up) do
    if other == ask then
      return false
    end
  end
  table.insert(work.gave_up, ask)
  return #work.gave_up == (work.asks or 1)
end

if not is_given_up_by_all(work_of(record)) then
  save_record(id, record)
  return 'asked again'
end
if record.work.key then
  -- The callers were told that nothing was accepted: the next try under this key is a first one.
  redis.call('DEL', idempotency_key(record.work.key))
end
-- Nobody is to be told that it has ended either.
record.work.hook = nil
withdraw(id, record, 'could not be accepted: the queue did not answer', clock(ARGV[1]))
tell_changes()
return 'withdrawn'
