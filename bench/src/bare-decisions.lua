-- The physical limit of deciding: ten decisions of an exact window in one call, which know nothing of creators, order
-- or messages and keep nothing but the grants.
--
-- KEYS 1        a zset: id -> time of its grant (ms)
-- ARGV 1 2 3    now (ms); limit; window (ms)
--      4 ...    ids
-- Returns       1 or 0 for each id: whether it may go
local decisions = {}
for i = 4, #ARGV do
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[3])
  local allowed = redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2])
  if allowed then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
  end
  decisions[i - 3] = allowed and 1 or 0
end
return decisions
