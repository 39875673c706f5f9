#!lua flags=allow-oom
-- settle: SQS has answered; what it confirmed has left the line. The records say so since the tick: what an operation
-- in `released` is still owed is this confirmation.
--
-- Whoever holds the lease ends it. Under another's lease only the marking is done: the other one may have
-- released the same messages again, which the next queue's deduplication makes one.
--
-- KEYS 1        the root of all keys
-- ARGV 1        the line's name
--      2        the lease under which the messages were released
--      3        how many of them SQS has confirmed; the others stay released and go again
--      4 ...    these operations; then, for each of them that has no id of its own, it and the hash of its body
-- Returns       { 1 if the lease was still this one's, else 0; then, for each operation whose bytes were forwarded less
--                 than 5 minutes before as another one, it and that other one: to the next queue they are one }
-- Cost          O(log n) per operation
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua

-- How long a FIFO queue takes equal bytes for one message (s).
-- https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
local DEDUPLICATION_SECONDS = 300

open_line(ARGV[1])
local last = 3 + tonumber(ARGV[3])
local ids, parcels = {}, {}
for i = 4, last do
  ids[i - 3], parcels[i - 3] = ARGV[i], parcel_key(ARGV[i])
  redis.call('EXPIRE', record_key(ARGV[i]), KEEP_SECONDS)
end
if #ids > 0 then
  redis.call('ZREM', RELEASED, unpack(ids))
  redis.call('UNLINK', unpack(parcels))
end
local mine = redis.call('HGET', STATE, 'lease') == ARGV[2]
if mine then
  redis.call('HDEL', STATE, 'lease', 'lease_until')
end

local reply = { mine and 1 or 0 }
for i = last + 1, #ARGV, 2 do
  local id, key = ARGV[i], ROOT .. ':sent:' .. ARGV[i + 1]
  local first = redis.call('GET', key)
  local record = first and first ~= id and load_record(id)
  if not first then
    redis.call('SET', key, id, 'EX', DEDUPLICATION_SECONDS)
  elseif record then
    -- Nobody will hear of it again: it must not hold a place.
    redis.call('ZREM', UNFINISHED, id)
    work_of(record).error = 'to the next queue one with ' .. first .. ': the same bytes, less than 5 minutes later'
    save_record(id, record)
    reply[#reply + 1] = id
    reply[#reply + 1] = first
  end
end
return reply
