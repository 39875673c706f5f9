-- What keeps a creator's first operation from taking its turn: a pause, one that should come before it, a copy that
-- is not at hand.

-- Until when the first operation of a creator awaits what should come before it (ms), nil: nothing. That is an earlier
-- one that was accepted and has not been seen (not only the very one before it, which may have been withdrawn), or one
-- that its producer has named and of which nothing is known: for long, where memory was lost.
local function awaits(record, c)
  if record.follows and c.sent >= record.follows then
    return nil
  end
  local missed = c.held == 'predecessor' and c.missed or now
  local first = redis.call('ZRANGE', expected_key(record.creator), '0', '0')[1]
  if first and tonumber(first) < record.seq then
    if missed + LONG_PATIENCE > now then
      return missed + LONG_PATIENCE
    end
    -- What was awaited in vain is awaited no more, by nobody after this one either.
    redis.call('ZREMRANGEBYSCORE', expected_key(record.creator), '-inf', '(' .. digits(record.seq))
  end
  if record.follows and redis.call('SISMEMBER', voided_key(record.creator), digits(record.follows)) == 1 then
    return nil
  end
  if not record.follows then
    return nil
  end
  if lost > 0 and lost + LONG_PATIENCE > now then
    return lost + LONG_PATIENCE
  end
  if missed + PATIENCE > now then
    return missed + PATIENCE
  end
  c.sent = record.follows
end

local function is_expired(record)
  return record.not_after ~= nil and record.not_after <= now
end

-- It is not worth doing any more. It takes no turn: its creator's last one is given back.
local function expire(id, record)
  local creator = record.creator
  local c = creator_state(creator)
  enter(record, 'expired', now)
  changed_records[id] = record
  redis.call('UNLINK', parcel_key(id))
  if unqueue(id, record) then
    drop_turns(creator, c, record.weight, false)
    changed_creators[creator] = c
  end
  await_no_more(record)
end

-- The first operation of a creator that is still worth doing. One that has begun meanwhile was forwarded before Redis
-- lost its memory, and its copy has come since.
local function first_of(creator, c)
  while true do
    local id = redis.call('ZRANGE', queue_of(creator), '0', '0')[1]
    local record = id and record_of(id)
    if not record or (record.state == 'waiting' and not is_expired(record)) then
      return id, record
    end
    if record.state == 'waiting' then
      expire(id, record)
    else
      redis.call('UNLINK', parcel_key(id))
      unqueue(id, record)
      drop_turns(creator, c, record.weight, false)
      c.sent = math.max(c.sent, record.seq)
      changed_creators[creator] = c
    end
  end
end

-- Why a creator's first operation can't take its turn, and until when that may last (ms); nil: it can.
local function obstacle(creator, c, id, record)
  local pause = is_any_halted and pause_of(creator, now, record.kind)
  if pause then
    return 'paused', pause.until_ or math.huge
  end
  local time = awaits(record, c)
  if time then
    return 'predecessor', time
  end
  if blocked[creator] or (record.bare and not hand[id]) then
    return 'copy', (c.held == 'copy' and c.missed or now) + LONG_PATIENCE
  end
end

-- The message of a bare operation has vanished from the queue. Should it come after all, it comes anew. The next one's
-- copy is awaited for as long again.
local function lose_sight(creator, c, id)
  local record = record_of(id)
  record.state, entered[record] = 'pending', true
  changed_records[id] = record
  if redis.call('ZREM', RELEASED, id) == 0 then
    unqueue(id, record)
    drop_turns(creator, c, record.weight, false)
  end
  blocked[creator] = nil
  c.missed = c.held and now
end

-- Looks again at a creator that is held, or to be: whether its first operation can go now.
local function look_again(creator, c)
  if c.held == 'copy' and (not mine or opens > now) then
    -- Whose copy is missing is known only to whoever may release.
    return
  end
  changed_creators[creator] = c
  local id, record = first_of(creator, c)
  if not id then
    return
  end
  local why, time = obstacle(creator, c, id, record)
  if not why then
    ready(creator, c, passing or v)
  elseif time > now then
    hold(creator, c, why, time, now)
  else
    lose_sight(creator, c, blocked[creator] or id)
    if c.held then
      look_again(creator, c)
    end
  end
end

local function wake()
  for _, creator in ipairs(redis.call('ZRANGEBYSCORE', HELD, '-inf', now_text, 'LIMIT', '0', MOST_WOKEN)) do
    local c = creator_state(creator)
    -- The one that it awaits may be among the arrivals: it is looked at when they are in line.
    if not (c.held == 'predecessor' and arrivals_of[creator]) then
      look_again(creator, c)
    end
  end
end
