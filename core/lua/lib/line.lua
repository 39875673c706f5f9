-- One line: who waits, in which order, and what was granted. All its keys begin with ROOT:line:NAME.
--
-- Fair between creators: start-time fair queueing. A creator's next turn has a tag, at first the one after the tag
-- released last (or where the creator's own turns had come to, if that is more), and one more for every token it takes;
-- the lowest tag goes first. The tags of the turns behind it follow one by one, so that the creator's first tag says all. Which of
-- the creator's operations takes a turn is decided by sequence, lowest first.
--
-- An operation of weight w takes w turns: it has w members in `queue`, `turns` and `grants`, its id, id#1, id#2 ...
--
--   grants      zset  operation -> time of its grant (ms). The window is what is younger than window + guard
--   heads       zset  ticket:creator -> tag of its first turn. Only creators whose first operation may go. The ticket
--                     is of the creator's arrival in the line: between equal tags the earlier goes first
--   turns       zset  ticket:n -> tag, of all turns of the creators in `heads`: ranks are counted here
--   held        zset  creator -> when to look at it again (ms): waiting, and neither in `heads` nor in `turns`,
--                     because its first operation awaits another, or its copy, or because the creator is paused
--   queue:C     zset  operation of creator C -> sequence. The lowest takes the creator's next turn
--   pending     zset  operation -> when it was accepted (ms): its message has not arrived here yet
--   creators    hash  creator -> packed by position, see load_creator
--   released    zset  operation -> order of release: released, but not yet confirmed by SQS
--   unfinished  zset  operation -> until when it counts (ms): released, and not ended
--   state       hash  v: the tag after the one released last; n: the last number given; lease, lease_until; span: a token's, as it
--                     was; shut: nothing goes before (ms); full_since: since when too many are unfinished (ms);
--                     held_units: how many turns wait that aren't in `turns`; minute: the last whose waiting was counted;
--                     swept, sweeping: see tick/sweep.lua
local LINE, GRANTS, HEADS, TURNS, HELD, CREATORS, RELEASED, UNFINISHED, STATE, PENDING
-- What `due` has read of the grants: how many there are; page -> their times.
local granted_count, grant_pages

local function open_line(name)
  granted_count, grant_pages = nil, {}
  LINE = ROOT .. ':line:' .. name
  GRANTS, HEADS, TURNS, HELD = LINE .. ':grants', LINE .. ':heads', LINE .. ':turns', LINE .. ':held'
  CREATORS, RELEASED, UNFINISHED = LINE .. ':creators', LINE .. ':released', LINE .. ':unfinished'
  STATE, PENDING = LINE .. ':state', LINE .. ':pending'
end

-- A name for the i-th turn of an operation, from 0.
local function unit_of(id, i)
  return i == 0 and id or id .. '#' .. i
end

-- An operation counts as unfinished for so long after the last that was heard of it (ms): a message that was
-- taken out of the next queue by hand must not hold a place for ever.
local UNHEARD = 3600000

local function queue_of(creator)
  return LINE .. ':queue:' .. creator
end

local function turn_of(c, n)
  return c.ticket .. ':' .. n
end

local function head_of(creator, c)
  return c.ticket .. ':' .. creator
end

-- The creator of a member of `heads`: tickets have 10 digits.
local function creator_of(head)
  return string.sub(head, 12)
end

-- A creator in a line.
--   tag      of its first turn; when none waits, of the turn it would have next
--   first    number of its first turn
--   units    how many turns wait
--   sent     highest sequence that was released, or has ended without
--   ticket   given when it began to wait
--   held     why it is not in `heads`: 'paused', 'predecessor', 'copy'; nil when it is, or doesn't wait
--   missed   since when that is so (ms)
local function creator_from(tag, first, units, sent, ticket, held, missed)
  return { tag = tag, first = first, units = units, sent = sent, ticket = ticket, held = held, missed = missed }
end

local function unpack_creator(packed)
  if packed then
    return creator_from(cmsgpack.unpack(packed))
  end
  return creator_from(0, 0, 0, 0)
end

local function load_creator(creator)
  return unpack_creator(redis.call('HGET', CREATORS, creator))
end

local function pack_creator(c)
  return cmsgpack.pack(c.tag, c.first, c.units, c.sent, c.ticket, c.held, c.missed)
end

local function save_creator(creator, c)
  redis.call('HSET', CREATORS, creator, pack_creator(c))
end

-- Members for one call; Lua can't pass all of a long queue at once.
local CHUNK = 1000

local function each_chunk(first, last, member, call)
  while first <= last do
    local args = {}
    for n = first, math.min(last, first + CHUNK - 1) do
      member(args, n)
    end
    call(args)
    first = first + CHUNK
  end
end

-- How many turns of creators that are held there are more, or fewer.
local function count_held(units)
  if units ~= 0 then
    redis.call('HINCRBY', STATE, 'held_units', units)
  end
end

-- How many turns wait.
local function waiting_units(held_units)
  return redis.call('ZCARD', TURNS) + math.max(0, tonumber(held_units or 0))
end

-- Takes a creator that waits out of the ranking, until `time` or something that happens to it. O(turns of it).
local function hold(creator, c, why, time, now)
  if not c.held then
    count_held(c.units)
    redis.call('ZREM', HEADS, head_of(creator, c))
    each_chunk(c.first, c.first + c.units - 1, function(args, n)
      args[#args + 1] = turn_of(c, n)
    end, function(args)
      redis.call('ZREM', TURNS, unpack(args))
    end)
  end
  if c.held ~= why then
    c.held, c.missed = why, now
  end
  redis.call('ZADD', HELD, time, creator)
end

-- Gives a creator that was held its place in the ranking. The turns that it missed it doesn't get afterwards.
local function ready(creator, c, v)
  redis.call('ZREM', HELD, creator)
  if c.held then
    count_held(-c.units)
  end
  c.held, c.missed = nil, nil
  if c.units == 0 then
    return
  end
  c.tag = math.max(v, c.tag)
  redis.call('ZADD', HEADS, c.tag, head_of(creator, c))
  each_chunk(c.first, c.first + c.units - 1, function(args, n)
    args[#args + 1] = c.tag + (n - c.first)
    args[#args + 1] = turn_of(c, n)
  end, function(args)
    redis.call('ZADD', TURNS, unpack(args))
  end)
end

-- Takes `units` turns of a creator's first ones, which go, or of its last ones, which it gives back.
local function drop_turns(creator, c, units, from_head)
  local from = from_head and c.first or c.first + c.units - units
  if c.held then
    count_held(-units)
  else
    for n = from, from + units - 1 do
      redis.call('ZREM', TURNS, turn_of(c, n))
    end
  end
  c.units = c.units - units
  if from_head then
    c.first, c.tag = c.first + units, c.tag + units
  end
  if c.held then
    if c.units == 0 then
      redis.call('ZREM', HELD, creator)
      c.held, c.missed = nil, nil
    end
  elseif c.units == 0 then
    redis.call('ZREM', HEADS, head_of(creator, c))
  elseif from_head then
    redis.call('ZADD', HEADS, c.tag, head_of(creator, c))
  end
end

-- Takes an operation out of its creator's queue; 1 if it was there.
local function unqueue(id, record)
  if record.weight == 1 then
    return redis.call('ZREM', queue_of(record.creator), id) > 0
  end
  local units = {}
  for i = 0, record.weight - 1 do
    units[i + 1] = unit_of(id, i)
  end
  return redis.call('ZREM', queue_of(record.creator), unpack(units)) > 0
end

-- The time of a grant (ms), from 0; nil: there are not so many. They are read by the page, and each page once, for a
-- batch asks for one after the other (a command for each was 13 of the 150 µs of a tick that defers ten).
local PAGE = 16

local function grant_at(i)
  local page = math.floor(i / PAGE)
  local times = grant_pages[page]
  if not times then
    times = redis.call('ZRANGE', GRANTS, page * PAGE, page * PAGE + PAGE - 1, 'WITHSCORES')
    grant_pages[page] = times
  end
  return tonumber(times[2 * (i % PAGE) + 2])
end

-- When the token comes free before which `rank` others are taken (ms), each as soon as it is free. The first `old`
-- grants are older than the window, and not trimmed yet. Asked only when the call grants nothing any more.
local function due(rank, rules, now, old)
  granted_count = granted_count or redis.call('ZCARD', GRANTS)
  local free = rules.limit - granted_count + (old or 0)
  local rounds, position = math.floor(rank / rules.limit), rank % rules.limit
  local returned = now
  if position >= free then
    returned = (grant_at(position - free + (old or 0)) or now) + rules.span
  end
  return returned + rounds * rules.span
end

-- How many turns come before those of a waiting operation; nil when it doesn't wait. Whoever is held is ranked as
-- though it took its place again now, behind those of the same tag.
local function rank_of(id, creator, c, v)
  local k = redis.call('ZRANK', queue_of(creator), id)
  if not k then
    return nil
  end
  if c.held then
    return redis.call('ZCOUNT', TURNS, '-inf', math.max(v, c.tag) + k) + k
  end
  return redis.call('ZRANK', TURNS, turn_of(c, c.first + k))
end
