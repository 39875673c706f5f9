-- Which Redis this is. After a failover, a restore or a flush it may have forgotten whom it let go.
--
--   home    hash  replid: the Redis in which this was written; since: when another one was found, or none (ms; 0: it
--                 remembers everything); before: `since` as it was until then
local HOME = ROOT .. ':home'

-- When the memory was lost, as far as can be known (ms); 0: it never was.
local function memory_lost(now)
  local info = redis.call('INFO', 'replication')
  local replid = string.match(info, '^%x+', select(2, string.find(info, 'master_replid:', 1, true)) + 1)
  local home = redis.call('HMGET', HOME, 'replid', 'since')
  if home[1] == replid then
    return tonumber(home[2])
  end
  redis.call('HSET', HOME, 'replid', replid, 'since', digits(now), 'before', home[2] or digits(now))
  return now
end
