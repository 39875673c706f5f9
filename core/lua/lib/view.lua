-- What is known of one operation, for people: the record, and its place in the line while it waits.
local function view(id, limit, span, now)
  local record = load_record(id)
  if not record then
    return nil
  end
  open_line(record.line)
  if record.state == 'pending' then
    local waiting = redis.call('ZCARD', TURNS)
    record.position, record.expected_at = waiting + 1, due(waiting, limit, span, now)
  elseif record.state == 'waiting' then
    local c = load_creator(record.creator)
    local rank = rank_of(id, record.creator, c) or 0
    record.position, record.expected_at = rank + 1, due(rank, limit, span, now)
    record.awaits_predecessor = c.missed and true or nil
  end
  record.id = id
  record.seq = record.seq and digits(record.seq)
  record.follows = record.follows and digits(record.follows)
  record.handle, record.copy, record.key = nil, nil, nil
  return cjson.encode(record)
end
