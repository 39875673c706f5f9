-- Webhooks: whoever asked for an operation is told that it has ended. Which token asked is in the operation's record
-- (`work.hook`), and how telling it went so far (`work.delivery`); here is only when that is due.
--
--   webhooks        hash  token's id -> '1': it has a webhook; '' -> when all of them were read from S3, where they are
--                         kept (ms)
--   hooks           zset  token's id -> when the first of its deliveries is due (ms)
--   hooks:T         zset  operation -> when its delivery to token T's webhook is due (ms); while one is under way, when
--                         that is given up
--   dead_hooks      zset  token's id -> when the last of its deliveries was given up (ms)
--   dead_hooks:T    zset  operation -> when its delivery was given up (ms), of the newest
--
-- Each token has its own, so that a slow receiver keeps none but itself from being told.
-- include lib/keep.lua

local function hooks_of(token)
  return ROOT .. ':hooks:' .. token
end

local function dead_hooks_of(token)
  return ROOT .. ':dead_hooks:' .. token
end

-- Whether a token has a webhook. Where Redis can't know, since it has lost its memory (at `lost`, ms) after they were read,
-- it counts as having one: what has none is dropped when it is due, what isn't noted is never told.
local function has_webhook(token, lost)
  if not token or token == '' then
    return false
  end
  local known = redis.call('HMGET', ROOT .. ':webhooks', token, '')
  return known[1] ~= false or not known[2] or tonumber(known[2]) <= lost
end

local function plan_hook(id, token, due)
  redis.call('ZADD', hooks_of(token), due, id)
  redis.call('EXPIRE', hooks_of(token), KEEP_SECONDS)
  redis.call('ZADD', ROOT .. ':hooks', 'LT', due, token)
  redis.call('EXPIRE', ROOT .. ':hooks', KEEP_SECONDS)
end

-- After a change of the token's deliveries: when the first of them is due.
local function look_at_hooks(token)
  local due = redis.call('ZRANGE', hooks_of(token), '0', '0', 'WITHSCORES')[2]
  if due then
    redis.call('ZADD', ROOT .. ':hooks', due, token)
  else
    redis.call('ZREM', ROOT .. ':hooks', token)
  end
end

local function bury_hook(id, token, now)
  redis.call('ZADD', dead_hooks_of(token), now, id)
  redis.call('EXPIRE', dead_hooks_of(token), KEEP_SECONDS)
  redis.call('ZADD', ROOT .. ':dead_hooks', now, token)
  redis.call('EXPIRE', ROOT .. ':dead_hooks', KEEP_SECONDS)
end

-- Where a delivery is: 'waiting' or 'dead', and its place's time (ms); nil: there is none.
local function find_hook(id, token)
  local due = redis.call('ZSCORE', hooks_of(token), id)
  if due then
    return 'waiting', tonumber(due)
  end
  local since = redis.call('ZSCORE', dead_hooks_of(token), id)
  if since then
    return 'dead', tonumber(since)
  end
end

-- Nothing of this operation is told any more.
local function forget_hook(id, token)
  redis.call('ZREM', hooks_of(token), id)
  look_at_hooks(token)
  if redis.call('ZREM', dead_hooks_of(token), id) == 1 and redis.call('EXISTS', dead_hooks_of(token)) == 0 then
    redis.call('ZREM', ROOT .. ':dead_hooks', token)
  end
end
