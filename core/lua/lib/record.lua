-- The record of one operation: the only place where its state is kept. Packed by position, since a hash takes
-- nearly twice the memory, and names within it a third of what is left.
--
--   state                 see STATES in core/src/operations.ts
--   creator, kind, line   who, what, and in which line it stands
--   seq, follows          place among its creator's operations (microseconds); the one before, if known
--   weight                how many tokens it takes
--   not_after             when it is not worth doing any more (ms)
--   at_...                when that state was entered first (ms)
--   copy, handle          SQS message id of the copy in the rate limiter queue, and its latest receipt handle, as
--                         long as that can still be good when the turn comes
--   receives              how often SQS has handed that copy over
--   bare                  true: its body is not kept here; it leaves with its copy in hand
--   work                  what most operations in line don't have yet, nil if none of it:
--     attempts, failures  begun at the site; of these, ended by an error that counts
--     at_running, at_end  as at_... above; at_end: whatever ended it
--     error               why it ended badly
--     key                 the idempotency key it was asked for with
--     asks, gave_up       how often it was asked for while it was pending, nil: once; which of these could not send it
--     retry_at            not tried again before this time (ms)
--     tries               the last of its attempts, the oldest first: each when it began, when it ended (both ms; 0: it
--                         hasn't, or nobody heard of it), and its error or ''
--     hook                the token that asked, if it has a webhook; it is told of the end (lib/hooks.lua)
--     delivery            how telling it failed so far: tries; of the last one at (ms), status, why
--     tried               the last try at an effect: n, its number; newest, the newest message before it; deadline,
--                         from when on (ms) it can have no effect any more; answered, the site's status
--     of                  the operation that it repeats
--     again               the one that repeats it
--     resolved            what a person has said of it whose outcome was unknown
--
-- Body and message attributes lie beside it under a key of their own, as one parcel that no script opens, until SQS
-- has confirmed that the message is in the next queue.
--
-- Of what a creator that was erased had, the state alone is left: nobody's any more, and never to be done again.
-- include lib/hooks.lua
-- include lib/changes.lua

local function record_key(id)
  return ROOT .. ':op:' .. id
end

local function parcel_key(id)
  return ROOT .. ':parcel:' .. id
end

local function idempotency_key(key)
  return ROOT .. ':idempotency:' .. key
end

-- Made in one go: a table that grows field by field costs more than all that is read from Redis.
local function record_from(
  state, creator, kind, line, seq, follows, weight, not_after, at_pending, at_waiting, at_forwarded, copy, handle,
  receives, bare, work
)
  return {
    state = state, creator = creator, kind = kind, line = line, seq = seq, follows = follows, weight = weight,
    not_after = not_after, at_pending = at_pending, at_waiting = at_waiting, at_forwarded = at_forwarded, copy = copy,
    handle = handle, receives = receives, bare = bare, work = work,
  }
end

local function new_record(creator, kind, line)
  return record_from(nil, creator, kind, line, nil, nil, 1, nil, nil, nil, nil, nil, nil, 0)
end

local function unpack_record(packed)
  return packed and record_from(cmsgpack.unpack(packed)) or nil
end

local function pack_record(r)
  return cmsgpack.pack(
    r.state, r.creator, r.kind, r.line, r.seq, r.follows, r.weight, r.not_after, r.at_pending, r.at_waiting,
    r.at_forwarded, r.copy, r.handle, r.receives, r.bare, r.work
  )
end

local function work_of(record)
  record.work = record.work or { attempts = 0, failures = 0 }
  return record.work
end

local function load_record(id)
  return unpack_record(redis.call('GET', record_key(id)))
end

-- Records that have entered a state in this call, and the ids under which they were written.
local entered, news = {}, {}

-- To be called for each record that is written, and `tell_changes` at the script's end.
local function is_news(id, record)
  if entered[record] then
    news[#news + 1] = id
  end
end

local function tell_changes()
  if #news > 0 then
    tell('ops', table.concat(news, ' '))
  end
end

-- A record that waits is written without a time to live: it leaves the line first. So is one that is sent on, by the
-- tick: its settlement gives it one.
local function save_record(id, record)
  is_news(id, record)
  if record.state == 'waiting' then
    redis.call('SET', record_key(id), pack_record(record))
  else
    redis.call('SET', record_key(id), pack_record(record), 'EX', KEEP_SECONDS)
  end
  if record.tells then
    plan_hook(id, record.work.hook, record.tells)
    record.tells = nil
  end
end

local ENDED = { succeeded = true, failed = true, dead = true, expired = true, cancelled = true, outcome_unknown = true }

local function enter(record, state, now)
  record.state = state
  entered[record] = true
  if state == 'pending' then
    record.at_pending = record.at_pending or now
  elseif state == 'waiting' then
    record.at_waiting = record.at_waiting or now
  elseif state == 'forwarded' then
    record.at_forwarded = record.at_forwarded or now
  elseif state == 'running' then
    work_of(record).at_running = work_of(record).at_running or now
  else
    work_of(record).at_end = now
    -- Whoever asked for it is told, as of when this is saved: here, so that no script can forget it.
    if record.work.hook then
      record.tells = now
    end
  end
end

-- expected:C    zset  sequence -> itself: of creator C accepted, and not seen in the line yet
-- voided:C      set   sequences of creator C that were withdrawn: nobody awaits them
local function expected_key(creator)
  return ROOT .. ':expected:' .. creator
end

local function voided_key(creator)
  return ROOT .. ':voided:' .. creator
end

local function await_no_more(record)
  if not record.seq then
    return
  end
  redis.call('ZREM', expected_key(record.creator), digits(record.seq))
  redis.call('SADD', voided_key(record.creator), digits(record.seq))
  redis.call('EXPIRE', voided_key(record.creator), KEEP_SECONDS)
end

-- known     zset  creator -> when something was last asked for of it, or came of which nothing was known (ms)
-- unknown   zset  operation -> since when its outcome is unknown, and a person is to settle it (ms)
local KNOWN, UNKNOWN = ROOT .. ':known', ROOT .. ':unknown'

-- listed    zset  operation -> its number, the newest has the highest: for lists. The time at which it was listed, in
--                   hundredths of a ms, or the next one that is free
local LISTED = ROOT .. ':listed'
local MOST_LISTED = 10000

local function list_from(first, ids)
  local numbered = {}
  for i, id in ipairs(ids) do
    numbered[2 * i - 1], numbered[2 * i] = digits(first + i - 1), id
  end
  redis.call('ZADD', LISTED, unpack(numbered))
end

-- The newest are enough. It is trimmed by each acceptance, and once a minute by the tick.
local function trim_list()
  redis.call('ZREMRANGEBYRANK', LISTED, '0', -1 - MOST_LISTED)
end

local function list(ids, now)
  local newest = redis.call('ZRANGE', LISTED, '-1', '-1', 'WITHSCORES')
  list_from(math.max(tonumber(newest[2] or 0) + 1, now * 100), ids)
end

-- One that was listed before Redis lost its memory, among those of its time (ms).
local function list_again(id, time)
  local number = time * 100
  while redis.call('ZCOUNT', LISTED, digits(number), digits(number)) > 0 do
    number = number + 1
  end
  list_from(number, { id })
end
