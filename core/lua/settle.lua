#!lua flags=allow-oom
-- settle: SQS has answered; what it confirmed has left the line. The records say so since the tick: what an operation
-- in `released` is still owed is this confirmation.
--
-- Whoever holds the lease ends it. Under another's lease only the marking is done: the other one may have
-- released the same messages again, which the next queue's deduplication makes one.
--
-- KEYS 1        the root of all keys
-- ARGV 1        the line's name
--      2        the lease under which the messages were released
--      3 ...    the operations whose forwarding SQS has confirmed; the others stay released and go again
-- Returns       1 if the lease was still this one's, else 0
-- Cost          O(log n) per operation
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua

open_line(ARGV[1])
local ids, parcels = {}, {}
for i = 3, #ARGV do
  ids[i - 2], parcels[i - 2] = ARGV[i], parcel_key(ARGV[i])
  redis.call('EXPIRE', record_key(ARGV[i]), KEEP_SECONDS)
end
if #ids > 0 then
  redis.call('ZREM', RELEASED, unpack(ids))
  redis.call('UNLINK', unpack(parcels))
end
local mine = redis.call('HGET', STATE, 'lease') == ARGV[2]
if mine then
  redis.call('HDEL', STATE, 'lease', 'lease_until')
end
return mine and 1 or 0
