-- One line: who waits, in which order, and what was granted. All its keys begin with ROOT:line:NAME.
--
--   grants     zset  operation -> time of its grant (ms). The window is what is younger than window + guard
--   turns      zset  creator:n -> tag. Every waiting operation has one turn; the lowest tag is next
--   heads      zset  creator -> tag of its first turn, so that a release looks at creators, not operations
--   queue:C    zset  operation of creator C -> sequence. The lowest takes the creator's next turn
--   creators   hash  creator -> packed {last: its highest tag, head, tail: its turns are head..tail-1,
--                    sent: highest sequence released, missed: since when a predecessor is awaited}
--   released   zset  operation -> order of release: released, but not yet confirmed by SQS
--   state      hash  v: the tag released last; n: releases so far; lease, lease_until
local LINE, GRANTS, TURNS, HEADS, CREATORS, RELEASED, STATE

local function open_line(name)
  LINE = ROOT .. ':line:' .. name
  GRANTS, TURNS, HEADS = LINE .. ':grants', LINE .. ':turns', LINE .. ':heads'
  CREATORS, RELEASED, STATE = LINE .. ':creators', LINE .. ':released', LINE .. ':state'
end

local function queue_of(creator)
  return LINE .. ':queue:' .. creator
end

local function turn_of(creator, n)
  return creator .. ':' .. digits(n)
end

local function load_creator(creator)
  local packed = redis.call('HGET', CREATORS, creator)
  if packed then
    return cmsgpack.unpack(packed)
  end
  return { last = 0, head = 0, tail = 0, sent = 0 }
end

local function save_creator(creator, c)
  redis.call('HSET', CREATORS, creator, cmsgpack.pack(c))
end

-- When the token of the operation that stands behind `rank` others comes free (ms). `span` is how long a
-- token stays spent. Tokens that are free now are taken to be spent now.
local function due(rank, limit, span, now)
  local spent = redis.call('ZCARD', GRANTS)
  local free = limit - spent
  if rank < free then
    return now
  end
  local i = rank - free
  local rounds, position = math.floor(i / limit), i % limit
  local returned = now + span
  if position < spent then
    returned = tonumber(redis.call('ZRANGE', GRANTS, position, position, 'WITHSCORES')[2]) + span
  end
  return returned + rounds * span
end

-- How many turns come before that of a waiting operation; nil when it doesn't wait.
local function rank_of(id, creator, c)
  local k = redis.call('ZRANK', queue_of(creator), id)
  if k then
    return redis.call('ZRANK', TURNS, turn_of(creator, c.head + k))
  end
end
