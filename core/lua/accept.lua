-- accept: gives a new operation its place among its creator's, and notes it as pending.
--
-- Under an idempotency key that was used before, the operation noted then is returned instead: the caller sends
-- its message again if it is still pending, and otherwise only reports it.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4      limit; how long a token stays spent (ms), for the expected time
--      5 6 7    operation, creator, kind
--      8 9      idempotency key, or ''; fingerprint of the request
-- Returns       { operation, state, sequence, sequence of the one before or '', noted at (ms),
--                 position in the line (1 is next), expected at (ms) };
--               { } if the key was used for another request
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua

-- How long a key is remembered (s).
local KEY_SECONDS = 86400

local now = clock(ARGV[1])
open_line(ARGV[2])
local limit, span = tonumber(ARGV[3]), tonumber(ARGV[4])
local id, creator, kind = ARGV[5], ARGV[6], ARGV[7]

local function reply(record)
  local waiting = redis.call('ZCARD', TURNS)
  return {
    id, record.state, digits(record.seq), record.follows and digits(record.follows) or '', record.at.pending,
    waiting + 1, due(waiting, limit, span, now),
  }
end

local key = ARGV[8] ~= '' and idempotency_key(ARGV[8])
local used = key and redis.call('HMGET', key, 'operation', 'fingerprint')
local earlier = used and used[1] and load_record(used[1])
if earlier then
  id = used[1]
  return used[2] == ARGV[9] and reply(earlier) or {}
end

local last_key = ROOT .. ':accepted:' .. creator
local last = redis.call('GET', last_key)
local seq = math.max(now * 1000, (tonumber(last or 0)) + 1)
redis.call('SET', last_key, digits(seq), 'EX', KEEP_SECONDS)

local record = { creator = creator, kind = kind, line = ARGV[2], at = {}, attempts = 0, failures = 0 }
record.seq, record.follows = seq, tonumber(last or nil)
enter(record, 'pending', now)
redis.call('ZADD', expected_key(creator), digits(seq), digits(seq))
redis.call('EXPIRE', expected_key(creator), KEEP_SECONDS)
if key then
  record.key = ARGV[8]
  redis.call('HSET', key, 'operation', id, 'fingerprint', ARGV[9])
  redis.call('EXPIRE', key, KEY_SECONDS)
end
save_record(id, record)
note(id, now)
return reply(record)
