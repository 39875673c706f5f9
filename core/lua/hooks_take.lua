#!lua flags=allow-oom
-- hooks_take: the deliveries to webhooks that are due, for whoever asks. They are its own until the lease ends; what isn't
-- settled by then (hooks_end) is due again.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4        the lease (ms)
--      5 6      at most so many; and so many at a time for one token
--      7 ...    tokens for which the caller is at work, each with the number of deliveries
-- Returns       { now, 1 if Redis doesn't know (any more) which tokens have webhooks, else 0,
--                 1 if any token has one, as far as it knows, else 0,
--                 { token, tries before, until when the lease holds (ms), the operation as JSON } ... }
-- Cost          O(log n) for each, n what is due; where nothing is, four reads
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua
-- include lib/view.lua

local now = clock(ARGV[1])
local lease_until = now + tonumber(ARGV[4])
local most, most_of_token = tonumber(ARGV[5]), tonumber(ARGV[6])
local at_work, busy = {}, 0
for i = 7, #ARGV, 2 do
  at_work[ARGV[i]] = tonumber(ARGV[i + 1])
  busy = busy + 1
end

local read_at = redis.call('HGET', ROOT .. ':webhooks', '')
local is_unread = not read_at or tonumber(read_at) <= memory_lost(now)
local has_any = redis.call('HLEN', ROOT .. ':webhooks') > (read_at and 1 or 0)
local reply = { now, is_unread and 1 or 0, has_any and 1 or 0 }

local function take(id, token)
  local record = load_record(id)
  local shown = record and record.work and record.work.hook == token and view(id, ARGV[2], ARGV[3], now)
  if not shown then
    -- Erased, or so old that nothing is known of it any more.
    redis.call('ZREM', hooks_of(token), id)
    return
  end
  local delivery = record.work.delivery
  redis.call('ZADD', hooks_of(token), lease_until, id)
  reply[#reply + 1] = { token, delivery and delivery.tries or 0, lease_until, shown }
end

local left = most
-- Those for which all hands are busy may be the first, and are passed over.
for _, token in ipairs(redis.call('ZRANGEBYSCORE', ROOT .. ':hooks', '-inf', now, 'LIMIT', '0', most + busy)) do
  local room = math.min(left, most_of_token - (at_work[token] or 0))
  if room > 0 then
    local ids = redis.call('ZRANGEBYSCORE', hooks_of(token), '-inf', now, 'LIMIT', '0', room)
    for _, id in ipairs(ids) do
      take(id, token)
    end
    left = left - #ids
    look_at_hooks(token)
  end
end
return reply
