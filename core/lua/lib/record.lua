-- The record of one operation: the only place where its state is kept. Packed, since a hash takes
-- nearly twice the memory.
--
--   creator, kind, line   who, what, and in which line it stands
--   state                 see STATES in core/src/operations.ts
--   at                    state -> ms at which it was entered first
--   seq, follows          place among its creator's operations (microseconds); the one before, if known
--   copy, handle          SQS message id and latest receipt handle of the copy in the rate limiter queue
--   receives              how often SQS has handed that copy over
--   attempts, failures    begun at the site; of these, ended by an error that counts
--   error                 why it ended badly
--   key                   the idempotency key it was asked for with
--   retry_at              not tried again before this time (ms)
--   tried                 the last try at an effect: n, its number; newest, the newest message before it;
--                         deadline, from when on (ms) it can have no effect any more; answered, the site's status
--
-- The body and the message attributes lie beside it under a key of their own, until SQS has confirmed
-- that the message is in the next queue.
local ROOT = KEYS[1]

-- Longer than any message can live in any of the queues (14 days).
local KEEP_SECONDS = 15 * 86400

local function record_key(id)
  return ROOT .. ':op:' .. id
end

local function body_key(id)
  return ROOT .. ':body:' .. id
end

local function idempotency_key(key)
  return ROOT .. ':idempotency:' .. key
end

local function load_record(id)
  local packed = redis.call('GET', record_key(id))
  if packed then
    return cmsgpack.unpack(packed)
  end
end

local function save_record(id, record)
  redis.call('SET', record_key(id), cmsgpack.pack(record), 'EX', KEEP_SECONDS)
end

local function enter(record, state, now)
  record.state = state
  record.at[state] = record.at[state] or now
end

-- expected:C    zset  sequence -> itself: of creator C accepted, and not seen in the line yet
local function expected_key(creator)
  return ROOT .. ':expected:' .. creator
end

-- noted    zset  operation -> when it was noted first (ms): the newest, for lists
local NOTED = ROOT .. ':noted'
local MOST_NOTED = 10000

local function note(id, now)
  redis.call('ZADD', NOTED, 'NX', now, id)
  redis.call('ZREMRANGEBYRANK', NOTED, 0, -MOST_NOTED - 1)
end

local ENDED = { succeeded = true, failed = true, dead = true, expired = true, cancelled = true, outcome_unknown = true }
