#!lua flags=allow-oom
-- erase_operations: nothing is left of operations but that they are not to be done: their ids, each with the state in
-- which it has ended, for as long as its record would have been here. Should a copy of a message turn up, it is dropped.
--
-- What waits is withdrawn. Of one whose effect was tried, or of which nothing was heard for an hour, nobody will know
-- whether it took place. What is at work is left as it is. Its creator is to be halted as 'erasing' before.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        creator
--      3 ...    operations; those of others are left alone
-- Returns       { until when the last of them is remembered (ms; 0: none is), how many are at work and were left }
-- Cost          O(log n) for each
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/withdraw.lua
-- include lib/parcel.lua

local now, creator = clock(ARGV[1]), ARGV[2]
local last, left = 0, 0

local function is_at_work(id, record)
  open_line(record.line)
  return record.state == 'running' and tonumber(redis.call('ZSCORE', UNFINISHED, id) or 0) > now
end

-- Its end, if it had none.
local function end_of(id, record)
  if ENDED[record.state] then
    return record.state
  end
  local is_unknown = record.state == 'running' or (record.work and record.work.tried)
  withdraw(id, record, 'erased', now)
  return is_unknown and 'outcome_unknown' or 'cancelled'
end

local function forget(id, record)
  local state = end_of(id, record)
  local key = record.work and record.work.key
  if key then
    -- Without the fingerprint no request is its repetition, and none is a new one.
    redis.call('HDEL', idempotency_key(key), 'fingerprint')
  end
  if record.work and record.work.hook then
    forget_hook(id, record.work.hook)
  end
  redis.call('ZREM', RELEASED, id)
  redis.call('ZREM', UNFINISHED, id)
  redis.call('UNLINK', parcel_key(id))
  redis.call('ZREM', LISTED, id)
  redis.call('ZREM', UNKNOWN, id)
  local seconds = redis.call('TTL', record_key(id))
  if seconds < 1 then
    seconds = KEEP_SECONDS
  end
  redis.call('SET', record_key(id), pack_record(record_from(state)), 'EX', seconds)
  last = math.max(last, now + seconds * 1000)
end

for i = 3, #ARGV do
  local id = ARGV[i]
  local record = load_record(id)
  if not record then
    if creator_of_parcel(id) == creator then
      redis.call('UNLINK', parcel_key(id))
    end
  elseif record.creator == creator then
    if is_at_work(id, record) then
      left = left + 1
    else
      forget(id, record)
    end
  end
end
return { last, left }
