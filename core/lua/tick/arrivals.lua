-- Putting arrivals in line, or letting them go at once where nobody waits.

local function enrol(id, record)
  local creator = record.creator
  local c = creator_state(creator)
  if c.units == 0 then
    n = n + 1
    c.ticket = string.format('%010x', n)
    c.first, c.tag = 0, math.max(passing or v, c.tag)
    redis.call('ZADD', HEADS, c.tag, head_of(creator, c))
  end
  for i = 0, record.weight - 1 do
    redis.call('ZADD', queue_of(creator), digits(record.seq), unit_of(id, i))
    if not c.held then
      redis.call('ZADD', TURNS, c.tag + c.units + i, turn_of(c, c.first + c.units + i))
    end
  end
  if c.held then
    count_held(record.weight)
  end
  c.units = c.units + record.weight
  changed_creators[creator] = c
end

-- Whether everybody who arrives here finds room, and nobody waits: then nobody needs a place in the line first.
local function is_open()
  if not mine or opens > now or is_blocked or next(blocked) or is_any_halted then
    return false
  end
  local weight = 0
  for i = FIRST, #ARGV, FIELDS do
    weight = weight + weight_of(rules, ARGV[i + 2])
  end
  return weight <= room and unfinished + arrivals <= rules.most_unfinished and #releases + arrivals <= most
    and redis.call('ZCARD', HEADS) == 0
end

-- Lets an operation go that has just arrived; false: it must wait after all.
local function pass(id, record)
  local c = creator_state(record.creator)
  if c.units > 0 or arrivals_of[record.creator] > 1 or awaits(record, c) then
    return false
  end
  local tag = math.max(passing, c.tag)
  v, c.tag = math.max(v, tag + 1), tag + record.weight
  let_go(id, record)
  return true
end

-- The scope was changed: what stands in another line, or was released there and never confirmed, stands in this one
-- from now on. False: it has left the other one.
local function move_here(id, record)
  open_line(record.line)
  local c = load_creator(record.creator)
  local is_there = unqueue(id, record)
  if is_there then
    drop_turns(record.creator, c, record.weight, false)
    save_creator(record.creator, c)
  end
  is_there = redis.call('ZREM', RELEASED, id) == 1 or is_there
  if is_there then
    redis.call('ZREM', UNFINISHED, id)
  end
  open_line(line)
  -- What the scraper has begun was sent.
  return is_there and not (record.work and record.work.attempts > 0)
end

-- How full Redis is, once asked.
local memory

local function fullness()
  memory = memory or memory_level(now)
  return memory
end

-- Nobody asked the API for it: here it is seen first. The creator is known if something of it was released lately:
-- what begins says so, too.
local function introduce(id, creator, sent)
  listed[#listed + 1] = id
  if sent / 1000 + RECENT < now then
    append(seen, now_text, creator)
  end
end

local function arrive(k, i)
  local id, creator = ARGV[i], ARGV[i + 1]
  local record = record_of(id)
  if record and record.creator and record.creator ~= creator then
    return 'stranger'
  end
  if taken[id] then
    -- It has gone in this very call; should that fail, its copy is still wanted.
    record.receives = math.max(record.receives, tonumber(ARGV[i + 8]))
    return 'waiting'
  end
  local state = record and record.state or 'pending'
  -- What is released, and not confirmed, may have to go again.
  if (state == 'waiting' or state == 'forwarded') and record.line ~= line and move_here(id, record) then
    state = 'pending'
  end
  local is_released = state == 'forwarded' and redis.call('ZSCORE', RELEASED, id)
  if state ~= 'pending' and state ~= 'waiting' and not is_released then
    return 'gone'
  end
  local is_new, is_known = state == 'pending', record
  if not record then
    record = new_record(creator, ARGV[i + 2], line)
    records[id] = record
  end
  if state == 'waiting' and is_expired(record) then
    expire(id, record)
    return 'gone'
  end
  hand[id] = k
  record.copy, record.handle = ARGV[i + 6], ARGV[i + 7]
  record.receives = math.max(record.receives, tonumber(ARGV[i + 8]))
  changed_records[id] = record
  if not is_new then
    return 'waiting'
  end
  if record.state == 'pending' then
    redis.call('ZREM', expected_key(creator), ARGV[i + 3])
    arrived[#arrived + 1] = id
  end
  record.kind, record.line = ARGV[i + 2], line
  record.seq, record.follows, record.not_after = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5])
  record.weight = weight_of(rules, record.kind)
  local sent = creator_state(creator).sent
  if is_expired(record) then
    expire(id, record)
    if not is_known then
      introduce(id, creator, sent)
    end
    return 'gone'
  end
  -- Whoever finds room at once needs nobody to keep its body.
  record.bare = true
  enter(record, 'waiting', now)
  if not (passing and pass(id, record)) then
    if not is_known and fullness() == 2 then
      records[id], changed_records[id], hand[id] = false, nil, nil
      return 'turned away'
    end
    enrol(id, record)
  end
  if not is_known then
    introduce(id, creator, sent)
  end
  return 'waiting'
end
