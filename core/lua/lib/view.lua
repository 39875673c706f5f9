-- What is sent arrives within seconds, and is sent for ten seconds at most. Of a message that was not seen for so long (ms)
-- nobody knows whether it was sent: whoever was sending it may have ended.
local UNSEEN = 30000

-- What is known of one operation, for people: the record, and what it waits for, which may be its 'message', if nothing was
-- seen of that. Of one that was erased: nothing.
local function view(id, limit, window, now)
  local record = load_record(id)
  if not record or not record.creator then
    return nil
  end
  record.id = id
  local work = work_of(record)
  local at = {
    pending = record.at_pending, waiting = record.at_waiting, forwarded = record.at_forwarded, running = work.at_running,
  }
  if ENDED[record.state] then
    at[record.state] = work.at_end
  end
  local shown = outlook(record, rules_in_force(limit, window), now)
  if record.state == 'pending' and shown.waits_for == 'turn' and record.at_pending and now > record.at_pending + UNSEEN then
    shown = { waits_for = 'message' }
  end
  for _, field in ipairs({ 'id', 'creator', 'kind', 'state', 'receives', 'not_after' }) do
    shown[field] = record[field]
  end
  for _, field in ipairs({ 'attempts', 'failures', 'error', 'retry_at', 'tried', 'tries', 'of' }) do
    shown[field] = work[field]
  end
  shown.at = at
  shown.seq = record.seq and digits(record.seq)
  shown.follows = record.follows and digits(record.follows)
  return cjson.encode(shown)
end
