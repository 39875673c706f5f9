-- accept: gives a new operation its place among its creator's, and notes it as pending.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4      limit; how long a token stays spent (ms), for the expected time
--      5 6 7    operation, creator, kind
-- Returns       { sequence, sequence of the one before or '', position in the line (1 is next), expected at (ms) }
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua

local now = clock(ARGV[1])
open_line(ARGV[2])
local limit, span = tonumber(ARGV[3]), tonumber(ARGV[4])
local id, creator, kind = ARGV[5], ARGV[6], ARGV[7]

local last_key = ROOT .. ':accepted:' .. creator
local last = redis.call('GET', last_key)
local seq = math.max(now * 1000, (tonumber(last or 0)) + 1)
redis.call('SET', last_key, digits(seq), 'EX', KEEP_SECONDS)

local record = { creator = creator, kind = kind, line = ARGV[2], at = {}, attempts = 0, failures = 0 }
record.seq, record.follows = seq, tonumber(last or nil)
enter(record, 'pending', now)
save_record(id, record)

local waiting = redis.call('ZCARD', TURNS)
return { digits(seq), last or '', waiting + 1, due(waiting, limit, span, now) }
