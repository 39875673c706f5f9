-- accept: gives a new operation its place among its creator's, and notes it as pending.
--
-- Under an idempotency key that was used before, the operation noted then is returned instead: the caller sends
-- its message again if it is still pending, and otherwise only reports it. Where what there is is being drained,
-- nothing new is accepted, nor above the most that may wait, nor what could only be reached after half the time for which
-- the queues keep a message. A Redis that is out of memory refuses this script: what is in line goes first.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4      limit; window (ms): what is in force until an operator has set another
--      5 6 7 8  operation, creator, kind, not after (ms) or ''
--      9 10     idempotency key, or ''; fingerprint of the request
--      11       the operation that this one repeats, or ''
--      12       the token that asks, or '': it is told of the end, if it has a webhook
-- Returns       { operation, state, sequence, sequence of the one before or '', noted at (ms),
--                 position in the line (1 is next), expected at (ms), how often it has been asked for while it was pending };
--               { } if the key was used for another request; { 'draining' };
--               { 'full', 'creator' | 'everybody' | 'too late', how many wait, the most that may (of 'too late': when its
--                 token would be expected, ms; the latest that may be), after how long it is worth asking again (ms) }
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua

-- How long a key is remembered (s).
local KEY_SECONDS = 86400
-- So long after memory was lost (ms) a creator of which nothing is known may have something that is still to be found:
-- what came right before is named then, and stands for all that nobody remembers.
local FORGOTTEN = 20 * 60000

-- What can only be reached later than this from now on (ms) is not taken on: half of the 14 days of the queues.
local LATEST = 7 * 86400000

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[3], ARGV[4])
local id, creator, kind = ARGV[5], ARGV[6], ARGV[7]

local function reply(record)
  record.id = id
  local view = outlook(record, rules, now)
  return {
    id, record.state, digits(record.seq), record.follows and digits(record.follows) or '', record.at_pending,
    view.position or 0, view.expected_at or now, record.work and record.work.asks or 1,
  }
end

local key = ARGV[9] ~= '' and idempotency_key(ARGV[9])
local used = key and redis.call('HMGET', key, 'operation', 'fingerprint')
local earlier = used and used[1] and load_record(used[1])
if earlier then
  id = used[1]
  if used[2] ~= ARGV[10] then
    return {}
  end
  if earlier.state == 'pending' then
    -- Its message is sent again: what one has given up another may have sent.
    local work = work_of(earlier)
    work.asks = (work.asks or 1) + 1
    save_record(id, earlier)
  end
  return reply(earlier)
end
for _, who in ipairs({ creator, '*' }) do
  if is_draining(who, now) then
    return { 'draining' }
  end
end

local line = ARGV[2]
open_line(line)

-- How long it takes until there is room for one more (ms).
local function room_after(waiting, most)
  return (waiting - most + 1) * rules.window / rules.limit
end

local function too_many()
  local of_creator = load_creator(creator).units + redis.call('ZCARD', expected_key(creator))
  if of_creator >= rules.most_waiting_of_creator then
    return { 'full', 'creator', of_creator, rules.most_waiting_of_creator,
      math.ceil(room_after(of_creator, rules.most_waiting_of_creator)) }
  end
  local of_all = waiting_units(redis.call('HGET', STATE, 'held_units')) + redis.call('ZCARD', PENDING)
  if of_all >= rules.most_waiting then
    return { 'full', 'everybody', of_all, rules.most_waiting, math.ceil(room_after(of_all, rules.most_waiting)) }
  end
  local expected = due(redis.call('ZCARD', TURNS), rules, now, redis.call('ZCOUNT', GRANTS, '-inf', now - rules.span))
  if expected > now + LATEST then
    return { 'full', 'too late', math.floor(expected), now + LATEST, math.ceil(expected - now - LATEST) }
  end
end

local refusal = too_many()
if refusal then
  return refusal
end

local last_key = ROOT .. ':accepted:' .. creator
local last = redis.call('GET', last_key)
local seq = math.max(now * 1000, (tonumber(last or 0)) + 1)
redis.call('SET', last_key, digits(seq), 'EX', KEEP_SECONDS)

local record = new_record(creator, kind, line)
local lost = memory_lost(now)
local is_forgotten = not last and lost > 0 and now < lost + FORGOTTEN
record.seq, record.follows, record.not_after = seq, tonumber(last or is_forgotten and seq - 1 or nil), tonumber(ARGV[8])
enter(record, 'pending', now)
redis.call('ZADD', expected_key(creator), digits(seq), digits(seq))
redis.call('EXPIRE', expected_key(creator), KEEP_SECONDS)
local asking = ARGV[12]
if ARGV[11] ~= '' then
  work_of(record).of = ARGV[11]
  local repeated = load_record(ARGV[11])
  -- Whoever asked for the first is told how this one ends, too.
  asking = asking ~= '' and asking or repeated and repeated.work and repeated.work.hook or ''
end
if key then
  work_of(record).key = ARGV[9]
  redis.call('HSET', key, 'operation', id, 'fingerprint', ARGV[10])
  redis.call('EXPIRE', key, KEY_SECONDS)
end
if has_webhook(asking, lost) then
  work_of(record).hook = asking
end
save_record(id, record)
list({ id }, now)
trim_list()
redis.call('ZADD', PENDING, digits(now), id)
redis.call('ZADD', KNOWN, digits(now), creator)
tell_changes()
return reply(record)
