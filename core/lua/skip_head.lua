#!lua flags=allow-oom
-- skip_head: what keeps a creator from going on is skipped, because somebody says so: the earlier operation that is
-- awaited and was never seen, or else the creator's first one that has not ended.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the creator's line
--      3        creator
--      4        the operation that is to be skipped as far as is known, or '': whatever is first
--      5        why, for whoever asks
--      6        1: it is only told what would be skipped
-- Returns       { 'awaited', operation that need not wait any longer } | { 'cancelled', operation } |
--               { 'begun', operation }: it runs, or its effect was tried: only its end can settle it |
--               { 'another', operation }: another is first by now | { 'nothing', '' }
-- Cost          O(u + log n), u what is forwarded and not ended
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/withdraw.lua

local now = clock(ARGV[1])
open_line(ARGV[2])
local creator, named, why = ARGV[3], ARGV[4], ARGV[5]

-- What was forwarded comes before what waits; of several the lowest sequence is first, and of equal ones, as in the
-- queue, the lowest id.
local function first_forwarded()
  local first, its_record
  for _, id in ipairs(redis.call('ZRANGE', UNFINISHED, 0, -1)) do
    local record = load_record(id)
    if record and record.creator == creator and not ENDED[record.state] then
      -- Of one that Redis had forgotten nobody knows the place: it was forwarded before the others.
      local seq, lowest = record.seq or 0, its_record and its_record.seq or 0
      if not first or seq < lowest or (seq == lowest and id < first) then
        first, its_record = id, record
      end
    end
  end
  return first, its_record
end

local id, record = first_forwarded()
local is_waiting = not id
if is_waiting then
  id = redis.call('ZRANGE', queue_of(creator), 0, 0)[1]
  record = id and load_record(id)
end
if not record then
  return { 'nothing', '' }
end
if named ~= '' and named ~= id then
  return { 'another', id }
end
local c = load_creator(creator)
local is_trial = ARGV[6] == '1'
if is_waiting and c.held == 'predecessor' then
  if is_trial then
    return { 'awaited', id }
  end
  redis.call('ZREMRANGEBYSCORE', expected_key(creator), '-inf', '(' .. digits(record.seq))
  c.sent = math.max(c.sent, record.follows or 0)
  record.follows = record.follows or 0
  save_record(id, record)
  save_creator(creator, c)
  redis.call('ZADD', HELD, 'XX', now, creator)
  tell('creator', creator)
  return { 'awaited', id }
end
if record.state == 'running' or (record.work and record.work.tried) then
  return { 'begun', id }
end
if is_trial then
  return { 'cancelled', id }
end
withdraw(id, record, why, now)
tell_changes()
return { 'cancelled', id }
