-- accept: gives a new operation its place among its creator's, and notes it as pending.
--
-- Under an idempotency key that was used before, the operation noted then is returned instead: the caller sends
-- its message again if it is still pending, and otherwise only reports it. Where what there is is being drained,
-- nothing new is accepted. A Redis that is out of memory refuses this script: what is in line goes first.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4      limit; window (ms): what is in force until an operator has set another
--      5 6 7 8  operation, creator, kind, not after (ms) or ''
--      9 10     idempotency key, or ''; fingerprint of the request
-- Returns       { operation, state, sequence, sequence of the one before or '', noted at (ms),
--                 position in the line (1 is next), expected at (ms) };
--               { } if the key was used for another request; { 'draining' }
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

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[3], ARGV[4])
local id, creator, kind = ARGV[5], ARGV[6], ARGV[7]

local function reply(record)
  record.id = id
  local view = outlook(record, rules, now)
  return {
    id, record.state, digits(record.seq), record.follows and digits(record.follows) or '', record.at_pending,
    view.position or 0, view.expected_at or now,
  }
end

local key = ARGV[9] ~= '' and idempotency_key(ARGV[9])
local used = key and redis.call('HMGET', key, 'operation', 'fingerprint')
local earlier = used and used[1] and load_record(used[1])
if earlier then
  id = used[1]
  return used[2] == ARGV[10] and reply(earlier) or {}
end
for _, who in ipairs({ creator, '*' }) do
  if is_draining(who, now) then
    return { 'draining' }
  end
end

local last_key = ROOT .. ':accepted:' .. creator
local last = redis.call('GET', last_key)
local seq = math.max(now * 1000, (tonumber(last or 0)) + 1)
redis.call('SET', last_key, digits(seq), 'EX', KEEP_SECONDS)

local record = new_record(creator, kind, ARGV[2])
local lost = memory_lost(now)
local is_forgotten = not last and lost > 0 and now < lost + FORGOTTEN
record.seq, record.follows, record.not_after = seq, tonumber(last or is_forgotten and seq - 1 or nil), tonumber(ARGV[8])
enter(record, 'pending', now)
redis.call('ZADD', expected_key(creator), digits(seq), digits(seq))
redis.call('EXPIRE', expected_key(creator), KEEP_SECONDS)
if key then
  work_of(record).key = ARGV[9]
  redis.call('HSET', key, 'operation', id, 'fingerprint', ARGV[10])
  redis.call('EXPIRE', key, KEY_SECONDS)
end
save_record(id, record)
note({ id })
return reply(record)
