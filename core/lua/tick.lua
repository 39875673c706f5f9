#!lua flags=allow-oom
-- tick: lets the line move. Every batch of arrivals at the limiter is one call of this script.
--
-- It releases what has room, puts the arrivals in line, and releases again, so that a message which finds
-- room goes at once. What is released belongs to the lease named here until `settle` confirms it; while a
-- lease of another runs, nothing is released. What an ended lease left behind is released again first, and
-- its grant moves to now: the window is paid for when the message is really sent.
--
-- Nothing is released while the site's window is closed, while the line is paused, above `most_unfinished`
-- operations forwarded and not ended, nor, in a Redis that has lost its memory, before a window has passed.
--
-- KEYS 1        the root of all keys; the others are derived from it (so: no Redis Cluster)
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4 5    limit; window (ms); most unfinished, or '': what is in force until an operator has set another
--      6 7      the lease to take; how long it holds (ms), at least the function's time-out
--      8        how long a message stays hidden whose invocation died, at most (ms)
--      9        at most so many releases in one call
--      10 ...   per arrival nine: operation, creator, kind, sequence, follows or '', not after (ms) or '',
--               SQS message id, receipt handle, SQS's count of its receives
-- Returns       { now, tokens left, { release ... }, { verdict ... } }
--   release     { operation, tokens left after it, number of the arrival that has its copy in hand (from 0) } or
--               { operation, tokens left after it, -1, creator, sequence, SQS message id, receipt handle, parcel or '' }
--   verdict     one per arrival, in order: { 'released' } | { 'gone' } (forwarded before, withdrawn, or expired) |
--               { 'stranger' } (its id belongs to another creator) |
--               { 'waiting', due (ms), rank, 1 if `settle` should bring its body, which isn't kept here, else 0 }
-- Cost          O(log n) per arrival and per release, n what waits; O(t log n) for a creator with t turns that is
--               held, or comes back
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/memory.lua
-- include lib/line.lua

-- Nobody is deferred for longer (ms): a line that was lost has found all its messages again after that.
local LONGEST = 900000
-- A predecessor of which nothing is known is awaited this long, from the first turn that it missed (ms).
local PATIENCE = 30000
-- So many of those held are looked at again in one call.
local MOST_WOKEN = 100
-- Under another's lease: about as long as a release takes (ms).
local ANOTHERS_TURN = 200

local now = clock(ARGV[1])
local line = ARGV[2]
-- A number is written anew for every command that it is given to: those that many get are written once.
local now_text = digits(now)
open_line(line)
local rules = rules_in_force(ARGV[3], ARGV[4], ARGV[5])
local lease, lease_ms, hidden_ms, most = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local FIRST, FIELDS = 10, 9
local arrivals = (#ARGV - FIRST + 1) / FIELDS

-- What is sure to be somewhere has been seen after this time (ms): the longest deferral, and the visibility timeout
-- of an invocation that died with it. Without an end, an API that died before it sent a message would hold the
-- creator for ever.
local LONG_PATIENCE = LONGEST + hidden_ms

local state = redis.call('HMGET', STATE, 'v', 'n', 'lease_until', 'span', 'shut', 'full_since')
local v_read, n_read = tonumber(state[1] or 0), tonumber(state[2] or 0)
local v, n = v_read, n_read
local lease_until = tonumber(state[3] or 0)
local mine = lease_until <= now
local shut, full_since_read = tonumber(state[5] or 0), tonumber(state[6] or nil)
local full_since = full_since_read

local lost = memory_lost(now)
if lost > 0 then
  -- Whoever was forwarding then is through with it, too.
  shut = math.max(shut, lost + math.max(rules.span, lease_ms))
end
local longer = rules.span - tonumber(state[4] or rules.span)
if longer > 0 then
  -- Tokens older than the shorter window are forgotten: by then they are older than the longer one.
  shut = math.max(shut, now + longer)
end

-- Nothing was heard for so long of what may have been taken out of the next queue by hand: it holds no place any more,
-- and is kept no longer than what has ended.
local function forget_unheard()
  local ghosts = redis.call('ZRANGEBYSCORE', UNFINISHED, '-inf', now_text, 'LIMIT', '0', MOST_WOKEN)
  if #ghosts > 0 then
    for _, id in ipairs(ghosts) do
      redis.call('EXPIRE', record_key(id), KEEP_SECONDS)
    end
    redis.call('ZREM', UNFINISHED, unpack(ghosts))
  end
end

-- A token is trimmed only when it is too old for the window: a limit that was lowered and raised again gives nothing.
redis.call('ZREMRANGEBYSCORE', GRANTS, '-inf', now - rules.span)
forget_unheard()
local unheard_text = digits(now + UNHEARD)
local room = rules.limit - redis.call('ZCARD', GRANTS)
local unfinished = redis.call('ZCARD', UNFINISHED)

local is_any_halted = redis.call('HLEN', HALTS) > 0
local line_pause = is_any_halted and pause_of('*', now)
local opens = math.max(shut, closed_until(line), line_pause and (line_pause.until_ or math.huge) or 0)

-- What this call has read and written, each key once: everything that changed is written at its end.
local records, changed_records, creators, changed_creators = {}, {}, {}, {}
local granted, released, counted, values, noted = {}, {}, {}, {}, {}
-- The arrivals' copies in hand: operation -> number of the arrival. How many of them are of one creator.
local hand, arrivals_of = {}, {}
-- How full Redis is, once asked.
local memory
-- Where all arrivals find room at once: the tag after the one released last, as it is before the first of them goes.
local passing = false
-- What is released, and whose earlier release must go first but can't.
local releases, taken, blocked, is_blocked = {}, {}, {}, false

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
  list[#list + 1] = a
  list[#list + 1] = b
end

local function hand_out(id, record)
  for i = 0, record.weight - 1 do
    append(granted, now_text, unit_of(id, i))
  end
  append(counted, unheard_text, id)
  enter(record, 'forwarded', now)
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
  local pause = is_any_halted and pause_of(creator, now)
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
  record.state = 'pending'
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

local function fullness()
  memory = memory or memory_level(now)
  return memory
end

local function arrive(k, i)
  local id, creator = ARGV[i], ARGV[i + 1]
  local record = record_of(id)
  if record and record.creator ~= creator then
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
  if not is_new and state == 'waiting' and is_expired(record) then
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
  end
  record.kind, record.line = ARGV[i + 2], line
  record.seq, record.follows, record.not_after = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5])
  record.weight = weight_of(rules, record.kind)
  if is_expired(record) then
    expire(id, record)
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
    noted[#noted + 1] = id
  end
  return 'waiting'
end

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
  if #noted > 0 then
    note(noted)
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
  if #releases > 0 then
    append(written, 'lease', lease)
    append(written, 'lease_until', digits(now + lease_ms))
  end
  if #written > 0 then
    redis.call('HSET', STATE, unpack(written))
  end
end

local standings = {}
if arrivals > 0 then
  read_ahead()
  for k = 0, arrivals - 1 do
    local id = ARGV[FIRST + k * FIELDS]
    local record = records[id]
    if record and (record.state == 'waiting' or record.state == 'forwarded') and record.line == line then
      hand[id] = k
    end
  end
end
if mine and opens <= now then
  release_again()
end
wake()
release()
passing = arrivals > 0 and is_open() and v
for k = 0, arrivals - 1 do
  standings[k + 1] = arrive(k, FIRST + k * FIELDS)
end
for k = 0, arrivals - 1 do
  local creator = ARGV[FIRST + k * FIELDS + 1]
  local c = creator_state(creator)
  if c.units > 0 and (c.held or (is_any_halted and pause_of(creator, now))) then
    look_again(creator, c)
  end
end
release()
write_releases()
if unfinished < rules.most_unfinished then
  full_since = nil
elseif #releases > 0 or not full_since then
  full_since = now
end
granted_count = rules.limit - room
local verdicts = {}
for k = 0, arrivals - 1 do
  verdicts[k + 1] = verdict(ARGV[FIRST + k * FIELDS], standings[k + 1])
end
write_rest()
return { now, math.max(0, room), releases, verdicts }
