-- What the caller is told of each arrival: when its copy is wanted again.

-- When the copy of a waiting operation is wanted again (ms), and how many turns come before it.
local function wanted(id, record)
  local c = creator_state(record.creator)
  local rank = rank_of(id, record.creator, c, v)
  if not rank then
    -- In release: under another's lease until that ends, or left over until the window has room again.
    local over = mine and math.max(now + 1000, due(0, rules, now)) or math.min(lease_until, now + ANOTHERS_TURN)
    return math.max(opens, over, now + 1), 0
  end
  -- Its last token is the one that it awaits.
  local time = math.max(opens, due(rank + math.min(record.weight, rules.limit) - 1, rules, now))
  if not mine then
    time = math.max(time, math.min(lease_until, now + ANOTHERS_TURN))
  end
  if unfinished >= rules.most_unfinished then
    -- Places come free no faster than tokens. The longer nothing moves, the less often it is asked.
    local pace = (rank + 1) * rules.window / rules.limit
    time = math.max(time, now + math.max(rules.span, pace, (now - full_since) / 4))
  end
  if c.held == 'paused' then
    time = math.huge
  elseif c.held == 'predecessor' then
    -- When the one awaited comes, this one goes with it, wherever its copy is; till then it looks now and then.
    local at = tonumber(redis.call('ZSCORE', HELD, record.creator))
    time = math.max(time, math.min(at, now + math.max(PATIENCE, now - c.missed)))
  end
  if record.not_after then
    time = math.min(time, math.max(now, record.not_after))
  end
  return math.max(time, now + 1), rank
end

local function verdict(id, standing)
  if standing == 'turned away' then
    return { 'waiting', now + LONGEST, 0, 0 }
  end
  if standing ~= 'waiting' then
    return { standing }
  end
  local record = records[id]
  if taken[id] then
    return { 'released' }
  end
  if record.state ~= 'waiting' and record.state ~= 'forwarded' then
    return { 'gone' }
  end
  local time, rank = wanted(id, record)
  if time > now + LONGEST then
    -- Its copy comes again before its turn, with another handle.
    time = now + LONGEST
    record.handle = nil
  end
  return { 'waiting', math.floor(time), rank, record.bare and fullness() == 0 and 1 or 0 }
end
