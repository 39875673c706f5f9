-- What this tick has read, and written: each key once, and everything that changed at its end.

local records, changed_records, creators, changed_creators = {}, {}, {}, {}
local granted, released, counted, values = {}, {}, {}, {}
-- Those that have come: out of the pending ones; and of which nothing was known: to be listed, with their creators.
local arrived, listed, seen = {}, {}, {}

local function record_of(id)
  local record = records[id]
  if record == nil then
    record = load_record(id) or false
    records[id] = record
  end
  return record
end

local function creator_state(creator)
  local c = creators[creator]
  if not c then
    c = load_creator(creator)
    creators[creator] = c
  end
  return c
end

local function append(list, a, b)
  local n = #list
  list[n + 1], list[n + 2] = a, b
end

local function read_ahead()
  local ids, keys, names = {}, {}, {}
  for k = 0, arrivals - 1 do
    local i = FIRST + k * FIELDS
    ids[k + 1], keys[k + 1] = ARGV[i], record_key(ARGV[i])
    local creator = ARGV[i + 1]
    if not arrivals_of[creator] then
      names[#names + 1] = creator
    end
    arrivals_of[creator] = (arrivals_of[creator] or 0) + 1
  end
  for k, packed in ipairs(redis.call('MGET', unpack(keys))) do
    records[ids[k]] = unpack_record(packed) or false
  end
  for k, packed in ipairs(redis.call('HMGET', CREATORS, unpack(names))) do
    creators[names[k]] = unpack_creator(packed)
  end
end

local function write_releases()
  if #releases > 0 then
    redis.call('ZADD', GRANTS, unpack(granted))
    redis.call('ZADD', UNFINISHED, unpack(counted))
  end
  if #released > 0 then
    redis.call('ZADD', RELEASED, unpack(released))
  end
end

local function write_rest()
  local packed = {}
  for id, record in pairs(changed_records) do
    if record.state == 'waiting' or record.state == 'forwarded' then
      is_news(id, record)
      append(values, record_key(id), pack_record(record))
    else
      save_record(id, record)
    end
  end
  for creator, c in pairs(changed_creators) do
    append(packed, creator, pack_creator(c))
  end
  if #values > 0 then
    redis.call('MSET', unpack(values))
  end
  if #packed > 0 then
    redis.call('HSET', CREATORS, unpack(packed))
  end
  if #listed > 0 then
    list(listed, now)
  end
  if #seen > 0 then
    redis.call('ZADD', KNOWN, unpack(seen))
  end
  if #arrived > 0 then
    redis.call('ZREM', PENDING, unpack(arrived))
  end
  local written = {}
  if v ~= v_read or n ~= n_read or rules.span ~= tonumber(state[4]) then
    written = { 'v', digits(v), 'n', digits(n), 'span', digits(rules.span) }
  end
  if shut > now then
    append(written, 'shut', digits(shut))
  end
  if full_since ~= full_since_read then
    append(written, 'full_since', full_since and digits(full_since) or '')
  end
  local minute = digits(math.floor(now / 60000))
  if minute ~= state[9] then
    append(written, 'minute', minute)
    count(now, 'q', waiting_units(redis.call('HGET', STATE, 'held_units')))
    trim_list()
  end
  if #releases > 0 then
    count(now, 'r', #releases)
    append(written, 'lease', lease)
    append(written, 'lease_until', digits(now + lease_ms))
  end
  if #written > 0 then
    redis.call('HSET', STATE, unpack(written))
  end
end
