#!lua flags=allow-oom
-- settle: what became of a batch after its tick. What SQS confirmed has left the line: the records say so since the
-- tick, what an operation in `released` is still owed is this confirmation. And of what stays the body is kept.
--
-- Whoever holds the lease ends it. Under another's lease only the marking is done: the other one may have
-- released the same messages again, which the next queue's deduplication makes one.
--
-- KEYS 1        the root of all keys
-- ARGV 1        the line's name
--      2        the lease under which the messages were released
--      3        how many of them SQS has confirmed; the others stay released and go again
--      4 ...    these operations
--      next     how many of them have no id of their own; then, for each of these, it and the hash of its body
--      next ... operation and parcel (message attributes and body, passed on unopened) of each whose body the tick
--               asked for, or that could not be sent
-- Returns       { 1 if the lease was still this one's, else 0; then, for each operation whose bytes were forwarded less
--                 than 5 minutes before as another one, it and that other one: to the next queue they are one }
-- Cost          O(log n) per operation; O(t log n) for one that was put in line anew, t the creator's turns
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua

-- How long a FIFO queue takes equal bytes for one message (s).
-- https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
local DEDUPLICATION_SECONDS = 300

open_line(ARGV[1])

-- In line again since it was released: Redis has lost its memory, and the copy has come once more. It was sent, all the
-- same: without this its body would be gone, and it would stand in line for ever.
local function leave_line(id)
  local record = load_record(id)
  if not record or (record.state ~= 'waiting' and record.state ~= 'pending') then
    return
  end
  local c = load_creator(record.creator)
  if record.state == 'waiting' and unqueue(id, record) then
    drop_turns(record.creator, c, record.weight, false)
  end
  redis.call('ZREM', PENDING, id)
  c.sent = math.max(c.sent, record.seq)
  save_creator(record.creator, c)
  redis.call('ZADD', HELD, 'XX', 0, record.creator)
  enter(record, 'forwarded', record.at_waiting or record.at_pending)
  save_record(id, record)
end

-- From now on any invocation can send it on.
local function keep(id, parcel)
  local record = load_record(id)
  if not record or not record.bare then
    return
  end
  -- Another one since the tick, where the scope was changed.
  open_line(record.line)
  if record.state == 'waiting' or (record.state == 'forwarded' and redis.call('ZSCORE', RELEASED, id)) then
    record.bare = nil
    save_record(id, record)
    redis.call('SET', parcel_key(id), parcel)
    if load_creator(record.creator).held == 'copy' then
      redis.call('ZADD', HELD, 'XX', 0, record.creator)
    end
  end
end

local last = 3 + tonumber(ARGV[3])
local ids, parcels = {}, {}
for i = 4, last do
  ids[i - 3], parcels[i - 3] = ARGV[i], parcel_key(ARGV[i])
end
if #ids > 0 then
  if redis.call('ZREM', RELEASED, unpack(ids)) < #ids then
    for _, id in ipairs(ids) do
      leave_line(id)
    end
  end
  redis.call('UNLINK', unpack(parcels))
  -- Until now they were shown as still waiting.
  for _, id in ipairs(ids) do
    news[#news + 1] = id
  end
  for _, id in ipairs(ids) do
    redis.call('EXPIRE', record_key(id), KEEP_SECONDS)
  end
end
local mine = redis.call('HGET', STATE, 'lease') == ARGV[2]
if mine then
  redis.call('HDEL', STATE, 'lease', 'lease_until')
end

local reply = { mine and 1 or 0 }
local last_nameless = last + 1 + 2 * tonumber(ARGV[last + 1])
for i = last + 2, last_nameless, 2 do
  local id, key = ARGV[i], ROOT .. ':sent:' .. ARGV[i + 1]
  local first = redis.call('GET', key)
  local record = first and first ~= id and load_record(id)
  if not first then
    redis.call('SET', key, id, 'EX', DEDUPLICATION_SECONDS)
  elseif record and record.creator then
    -- Nobody will hear of it again: it must not hold a place.
    redis.call('ZREM', UNFINISHED, id)
    work_of(record).error = 'to the next queue one with ' .. first .. ': the same bytes, less than 5 minutes later'
    save_record(id, record)
    reply[#reply + 1] = id
    reply[#reply + 1] = first
  end
end
for i = last_nameless + 1, #ARGV, 2 do
  keep(ARGV[i], ARGV[i + 1])
end
tell_changes()
return reply
