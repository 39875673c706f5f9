-- operation: all that is known of one operation, with its place in the line while it waits. Read-only.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; how long a token stays spent (ms)
--      4        operation
-- Returns       the record as JSON, with `position` (1 is next) and `expected_at` (ms) while it waits; nil if unknown
-- Cost          O(log n)
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua

local now = clock(ARGV[1])
local limit, span = tonumber(ARGV[2]), tonumber(ARGV[3])
local id = ARGV[4]
local record = load_record(id)
if not record then
  return nil
end
open_line(record.line)
if record.state == 'pending' then
  local waiting = redis.call('ZCARD', TURNS)
  record.position, record.expected_at = waiting + 1, due(waiting, limit, span, now)
elseif record.state == 'waiting' then
  local c = load_creator(record.creator)
  local rank = rank_of(id, record.creator, c) or 0
  record.position, record.expected_at = rank + 1, due(rank, limit, span, now)
  if c.missed then
    record.awaits_predecessor = true
  end
end
record.seq = digits(record.seq)
record.follows = record.follows and digits(record.follows)
record.handle, record.copy = nil, nil
return cjson.encode(record)
