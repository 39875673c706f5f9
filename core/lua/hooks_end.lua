#!lua flags=allow-oom
-- hooks_end: what became of a delivery to a webhook. Once its lease has ended it is another's, or is to be made anew, and
-- nothing changes.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3 4    operation, token, until when its lease holds (ms)
--      5        'gone': it was delivered, or there is nobody to deliver it to | 'later': nothing was tried |
--               'again': it failed | 'dead': it failed, and is given up
--      6        when it is due again (ms), or ''
--      7 8      the status that was answered, or ''; why it failed
-- Returns       1, or 0 if the lease has ended
-- Cost          O(log n), n what waits for this token
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua

-- So many that were given up are listed for one token, the newest.
local MOST_DEAD = 1000

local now = clock(ARGV[1])
local id, token, outcome = ARGV[2], ARGV[3], ARGV[5]
if tonumber(redis.call('ZSCORE', hooks_of(token), id) or nil) ~= tonumber(ARGV[4]) then
  return 0
end
local record = load_record(id)
local work = record and record.work
if not work or work.hook ~= token or outcome == 'gone' then
  forget_hook(id, token)
  if work and work.delivery then
    work.delivery = nil
    save_record(id, record)
  end
  return 1
end
if outcome == 'later' then
  redis.call('ZADD', hooks_of(token), ARGV[6], id)
  look_at_hooks(token)
  return 1
end
local tries = (work.delivery and work.delivery.tries or 0) + 1
work.delivery = { tries = tries, at = now, status = tonumber(ARGV[7]), why = ARGV[8] }
save_record(id, record)
if outcome == 'again' then
  redis.call('ZADD', hooks_of(token), ARGV[6], id)
else
  redis.call('ZREM', hooks_of(token), id)
  bury_hook(id, token, now)
  redis.call('ZREMRANGEBYSCORE', dead_hooks_of(token), '-inf', now - KEEP_SECONDS * 1000)
  redis.call('ZREMRANGEBYRANK', dead_hooks_of(token), '0', -MOST_DEAD - 1)
end
look_at_hooks(token)
return 1
