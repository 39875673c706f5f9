-- Letting operations go: first what an earlier release still owes, then whose turn it is.

local function hand_out(id, record)
  for i = 0, record.weight - 1 do
    append(granted, now_text, unit_of(id, i))
  end
  append(counted, unheard_text, id)
  -- Until its settlement it is shown as waiting, as it was: that tells of it.
  local was_news = entered[record]
  enter(record, 'forwarded', now)
  entered[record] = was_news
  changed_records[id] = record
  taken[id] = true
  local tokens = math.max(0, room)
  if hand[id] and record.bare then
    releases[#releases + 1] = { id, tokens, hand[id] }
  else
    -- What was put in line is what goes: another body under the same id would be another message.
    local parcel = redis.call('GET', parcel_key(id))
    -- Should it be gone, against all expectation, it goes with its copy in hand.
    record.bare = not parcel or nil
    releases[#releases + 1] = {
      id, tokens, -1, record.creator, digits(record.seq), record.copy or '', record.handle or '', parcel or '',
    }
  end
  if hand[id] then
    -- A copy in the caller's hands comes again with another handle, should this have to go again.
    record.handle = nil
  end
end

-- Released under a lease that ended without a settlement, or whose sending failed.
local left_over

local function release_again()
  left_over = left_over or redis.call('ZRANGE', RELEASED, '0', most - 1)
  for _, id in ipairs(left_over) do
    local record = not taken[id] and record_of(id)
    if record and (record.state ~= 'forwarded' or record.work and record.work.attempts > 0) then
      -- It was sent, and has even been received: only its settlement was lost.
      redis.call('ZREM', RELEASED, id)
      redis.call('UNLINK', parcel_key(id))
      news[#news + 1] = id
    elseif record and not blocked[record.creator] and record.bare and not hand[id] then
      blocked[record.creator] = id
    elseif record and not blocked[record.creator] then
      local paid = redis.call('ZSCORE', GRANTS, id)
      -- What it paid moves with it: that is enough, unless the limit was lowered meanwhile.
      is_blocked = room + (paid and record.weight or 0) < math.min(record.weight, rules.limit)
      if is_blocked then
        return
      end
      room = paid and room or room - record.weight
      unfinished = redis.call('ZSCORE', UNFINISHED, id) and unfinished or unfinished + 1
      hand_out(id, record)
    end
  end
end

local function let_go(id, record)
  local c = creator_state(record.creator)
  c.sent = math.max(c.sent, record.seq)
  changed_creators[record.creator] = c
  room = room - record.weight
  unfinished = unfinished + 1
  n = n + 1
  append(released, n, id)
  hand_out(id, record)
end

local function release_next()
  while #releases < most and room > 0 and unfinished < rules.most_unfinished do
    local head = redis.call('ZRANGE', HEADS, '0', '0')[1]
    if not head then
      return
    end
    local creator = creator_of(head)
    local c = creator_state(creator)
    local id, record = first_of(creator, c)
    if not id then
      -- Nothing of it waits; a head without a queue would be looked at for ever.
      redis.call('ZREM', HEADS, head)
    else
      local why, time = obstacle(creator, c, id, record)
      if why then
        hold(creator, c, why, time, now)
      elseif room < math.min(record.weight, rules.limit) then
        -- Nobody lighter overtakes: the heavy one would wait for ever.
        return
      else
        v = math.max(v, c.tag + 1)
        unqueue(id, record)
        drop_turns(creator, c, record.weight, true)
        let_go(id, record)
      end
      changed_creators[creator] = c
    end
  end
end

local function release()
  if mine and opens <= now then
    release_again()
    if not is_blocked then
      release_next()
    end
  end
end
