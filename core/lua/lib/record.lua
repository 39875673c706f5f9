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
--   retry_at              not tried again before this time (ms)
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

local ENDED = { succeeded = true, failed = true, dead = true, expired = true, cancelled = true, outcome_unknown = true }
