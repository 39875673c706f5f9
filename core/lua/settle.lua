-- settle: SQS has answered; what it confirmed has left the line.
--
-- Whoever holds the lease ends it. Under another's lease only the marking is done: the other one may have
-- released the same messages again, which the next queue's deduplication makes one.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3        the lease under which the messages were released
--      4 ...    the operations whose forwarding SQS has confirmed; the others stay released and go again
-- Returns       { 1 if the lease was still this one's, else 0 }
-- Cost          O(log n) per operation
-- include lib/time.lua
-- include lib/record.lua
-- include lib/line.lua

local now = clock(ARGV[1])
open_line(ARGV[2])
for i = 4, #ARGV do
  local id = ARGV[i]
  local record = load_record(id)
  -- The scraper may be quicker than this settlement: never set a running operation back.
  if record and record.state == 'waiting' then
    enter(record, 'forwarded', now)
    save_record(id, record)
  end
  redis.call('ZREM', RELEASED, id)
  redis.call('UNLINK', body_key(id))
end
local mine = redis.call('HGET', STATE, 'lease') == ARGV[3]
if mine then
  redis.call('HDEL', STATE, 'lease', 'lease_until')
end
return { mine and 1 or 0 }
