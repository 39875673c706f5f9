-- Takes an operation that has not begun out of everything it stands in; nobody awaits it any more. Its copies and its
-- message in the next queue are dropped when they are seen.
local function withdraw(id, record, why, now)
  open_line(record.line)
  if record.state == 'waiting' and unqueue(id, record) then
    local c = load_creator(record.creator)
    -- A creator gives back its last turns: what comes behind moves up.
    drop_turns(record.creator, c, record.weight, false)
    save_creator(record.creator, c)
  end
  redis.call('ZREM', PENDING, id)
  redis.call('ZREM', RELEASED, id)
  redis.call('ZREM', UNFINISHED, id)
  redis.call('UNLINK', parcel_key(id))
  await_no_more(record)
  -- Whoever awaited it is looked at again.
  redis.call('ZADD', HELD, 'XX', now, record.creator)
  enter(record, 'cancelled', now)
  record.work.error = why
  save_record(id, record)
end
