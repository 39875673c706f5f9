-- tick: lets the line move. Every batch of arrivals at the limiter is one call of this script.
--
-- It releases what has room, puts the arrivals in line, and releases again, so that a message which finds
-- room goes at once. What is released belongs to the lease named here until `settle` confirms it; while a
-- lease of another runs, nothing is released. What an ended lease left behind is released again first, and
-- its grant moves to now: the window is paid for when the message is really sent.
--
-- KEYS 1        the root of all keys; the others are derived from it (so: no Redis Cluster)
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4 5    limit; window (ms); guard (ms): a token comes back window + guard after it was spent
--      6 7      the lease to take; how long it holds (ms), at least the function's time-out
--      8        at most so many releases in one call
--      9 ...    per arrival ten: operation, creator, kind, sequence, follows or '', SQS message id,
--               receipt handle, SQS's count of its receives, body, message attributes as JSON
-- Returns       { now, tokens left, { release ... }, { verdict ... } }
--   release     { operation, creator, sequence, SQS message id, receipt handle, body, attributes, tokens left after it }
--   verdict     one per arrival, in order: { 'released' } | { 'gone' } (forwarded before, or withdrawn) |
--               { 'stranger' } (its id belongs to another creator) | { 'waiting', due (ms), rank }
-- Cost          O(log n) per arrival and per release, n what waits; O(h) for h creators that miss a predecessor
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua

local now = clock(ARGV[1])
open_line(ARGV[2])
local limit, window, guard = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local lease, lease_ms, most = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local span = window + guard

-- A predecessor of which nothing is known is awaited this long, from the first turn that it missed (ms).
local PATIENCE = 30000
-- One that was accepted is awaited as long as its message can take to be seen: the longest deferral, and the
-- visibility timeout of an invocation that died with it. Without an end, an API that died before it sent the
-- message would hold the creator for ever.
local LONG_PATIENCE = 900000 + 120000

local state = redis.call('HMGET', STATE, 'v', 'n', 'lease', 'lease_until')
local v, n = tonumber(state[1] or 0), tonumber(state[2] or 0)
local lease_until = tonumber(state[4] or 0)
local mine = lease_until <= now

local releases, taken = {}, {}

redis.call('ZREMRANGEBYSCORE', GRANTS, '-inf', now - span)

local function room()
  return limit - redis.call('ZCARD', GRANTS)
end

local function hand_out(id, record)
  redis.call('ZADD', GRANTS, now, id)
  local held = redis.call('HMGET', body_key(id), 'body', 'attributes')
  taken[id] = true
  releases[#releases + 1] = {
    id, record.creator, digits(record.seq), record.copy, record.handle, held[1], held[2], math.max(0, room()),
  }
end

-- Released under a lease that ended without a settlement, or whose sending failed.
local function release_again()
  for _, id in ipairs(redis.call('ZRANGE', RELEASED, 0, -1)) do
    if #releases >= most then
      return
    end
    local record = not taken[id] and load_record(id)
    if record and record.state ~= 'waiting' then
      -- It was sent, and has even been received: only its settlement was lost.
      redis.call('ZREM', RELEASED, id)
      redis.call('UNLINK', body_key(id))
    elseif record and (redis.call('ZSCORE', GRANTS, id) or room() > 0) then
      hand_out(id, record)
    end
  end
end

-- How long the first operation of a creator awaits what should come before it: an earlier one that was accepted and
-- has not been seen (not only the very one before it, which may have been withdrawn), or one that its producer has
-- named and of which nothing is known; nil: nothing.
local function patience_of(record, c)
  local first = redis.call('ZRANGE', expected_key(record.creator), 0, 0)[1]
  if first and tonumber(first) < record.seq then
    return LONG_PATIENCE
  end
  if not record.follows or c.sent >= record.follows then
    return nil
  end
  if redis.call('SISMEMBER', ROOT .. ':voided:' .. record.creator, digits(record.follows)) == 1 then
    return nil
  end
  return PATIENCE
end

local function awaits(record, c)
  local patience = patience_of(record, c)
  return patience and (c.missed or now) + patience > now
end

local function release_next()
  local passed = 0
  while #releases < most and room() > 0 do
    local head = redis.call('ZRANGE', HEADS, passed, passed, 'WITHSCORES')
    if not head[1] then
      return
    end
    local creator, tag = head[1], tonumber(head[2])
    local c = load_creator(creator)
    local id = redis.call('ZRANGE', queue_of(creator), 0, 0)[1]
    local record = load_record(id)
    if record and awaits(record, c) then
      c.missed = c.missed or now
      passed = passed + 1
    else
      redis.call('ZREM', queue_of(creator), id)
      redis.call('ZREM', TURNS, turn_of(creator, c.head))
      c.head = c.head + 1
      if c.head == c.tail then
        redis.call('ZREM', HEADS, creator)
      else
        redis.call('ZADD', HEADS, redis.call('ZSCORE', TURNS, turn_of(creator, c.head)), creator)
      end
      c.missed = nil
      v = math.max(v, tag)
      -- A record outlives every copy of its message; where there is none, nobody is waiting any more.
      if record then
        c.sent = math.max(c.sent, record.seq)
        -- What was awaited in vain is awaited no more, by nobody after this one either.
        redis.call('ZREMRANGEBYSCORE', expected_key(creator), '-inf', '(' .. digits(record.seq))
        n = n + 1
        redis.call('ZADD', RELEASED, n, id)
        hand_out(id, record)
      end
    end
    save_creator(creator, c)
  end
end

local function release()
  if mine then
    release_again()
    release_next()
  end
end

local function enrol(id, record, body, attributes)
  local c = load_creator(record.creator)
  local tag = math.max(v, c.last) + 1
  redis.call('ZADD', TURNS, tag, turn_of(record.creator, c.tail))
  redis.call('ZADD', queue_of(record.creator), digits(record.seq), id)
  if c.head == c.tail then
    redis.call('ZADD', HEADS, tag, record.creator)
  end
  c.tail = c.tail + 1
  c.last = tag
  save_creator(record.creator, c)
  redis.call('HSET', body_key(id), 'body', body, 'attributes', attributes)
end

local function arrive(i)
  local id, creator, kind, seq, follows = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local record = load_record(id)
  if record and record.creator ~= creator then
    return 'stranger'
  end
  if record and record.state ~= 'pending' and record.state ~= 'waiting' then
    return 'gone'
  end
  local new = not record or record.state == 'pending'
  record = record or { creator = creator, at = {}, attempts = 0, failures = 0 }
  record.copy, record.handle = ARGV[i + 5], ARGV[i + 6]
  record.receives = math.max(record.receives or 0, tonumber(ARGV[i + 7]))
  if new then
    record.kind, record.line = kind, ARGV[2]
    record.seq, record.follows = tonumber(seq), tonumber(follows)
    enter(record, 'waiting', now)
    redis.call('ZREM', expected_key(creator), digits(record.seq))
    note(id, now)
    enrol(id, record, ARGV[i + 8], ARGV[i + 9])
  end
  save_record(id, record)
  return 'waiting'
end

local function verdict(id, creator, standing)
  if standing ~= 'waiting' then
    return { standing }
  end
  if taken[id] then
    return { 'released' }
  end
  local c = load_creator(creator)
  local rank = rank_of(id, creator, c)
  if not rank then
    -- In release: under another's lease until that ends, or left over until the window has room again.
    return { 'waiting', math.max(now + 1000, mine and due(0, limit, span, now) or math.min(lease_until, now + 5000)), 0 }
  end
  local time = due(rank, limit, span, now)
  if c.missed then
    -- When the one awaited comes, this one goes with it, wherever its copy is; till then it looks now and then.
    time = math.max(time, c.missed + PATIENCE > now and c.missed + PATIENCE or now + PATIENCE)
  end
  return { 'waiting', math.max(time, now + 1), rank }
end

release()
local standings = {}
for i = 9, #ARGV, 10 do
  standings[#standings + 1] = arrive(i)
end
release()

local verdicts = {}
for k, standing in ipairs(standings) do
  local i = 10 * k - 1
  verdicts[k] = verdict(ARGV[i], ARGV[i + 1], standing)
end
redis.call('HSET', STATE, 'v', digits(v), 'n', digits(n))
if #releases > 0 then
  redis.call('HSET', STATE, 'lease', lease, 'lease_until', digits(now + lease_ms))
end
return { now, math.max(0, room()), releases, verdicts }
