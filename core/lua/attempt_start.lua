#!lua flags=allow-oom
-- attempt_start: the scraper is about to try an operation.
--
-- An operation that has ended is left as it is: the caller deletes its message and does nothing else. One that isn't
-- worth doing any more ends here. One that is paused, or for which the site's window is closed, doesn't begin: the caller
-- keeps its message for later. Where its kind is paused, what its creator has waits behind it, and takes no place of others.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3 4    operation, creator, kind
--      5 6      its line; when it is not worth doing any more (ms), or '' (for a record that Redis has lost)
-- Returns       { state, attempts, failures, state before or '', what was tried as JSON or '',
--                 paused since (ms) or '', until (ms) or '', until when the site's window is closed (ms) or '',
--                 1 if Redis surely knows all there is to know of it, else 0;
--                 when its first attempt began, before this one (ms), or '' }
--               state: 'running', or the one in which it had ended, or 'forwarded': it is paused, or the window closed;
--               before: 'running' if the attempt before this one never ended, '' if Redis has no record of it
-- Cost          O(log u), u what is forwarded and not ended; O(u) when its kind is found paused
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/tries.lua
-- include lib/aside.lua

local now = clock(ARGV[1])
local id = ARGV[2]
local known = load_record(id)
local record = known or new_record(ARGV[3], ARGV[4], ARGV[5])
local before = known and known.state or ''
if record.creator and record.creator ~= ARGV[3] then
  return redis.error_reply('STRANGER operation belongs to another creator')
end
record.not_after = record.not_after or tonumber(ARGV[6])

local work = work_of(record)
-- In a Redis that has lost its memory, what was accepted since then is known from its beginning.
local lost = memory_lost(now)
local sure = known and (lost == 0 or (record.at_pending or 0) > lost) and 1 or 0
local begun = work.at_running

local function reply(pause, closed)
  tell_changes()
  return {
    record.state, work.attempts, work.failures, before, work.tried and cjson.encode(work.tried) or '',
    pause and digits(pause.since) or '', pause and pause.until_ and digits(pause.until_) or '',
    closed and digits(closed) or '', sure, begun and digits(begun) or '',
  }
end

if ENDED[record.state] then
  return reply()
end
if not known then
  -- Redis has forgotten it, or was never told.
  list({ id }, now)
  redis.call('ZADD', KNOWN, digits(now), record.creator)
end
open_line(record.line)
-- What was begun is brought to its end: of an effect that was tried nobody can say that it was not worth doing.
if record.not_after and record.not_after <= now and not work.tried and before ~= 'running' then
  enter(record, 'expired', now)
  redis.call('ZREM', UNFINISHED, id)
  save_record(id, record)
  return reply()
end
redis.call('ZADD', UNFINISHED, now + UNHEARD, id)
local pause = pause_of('*', now) or pause_of(record.creator, now, record.kind)
local closed = closed_until(record.line)
if pause or closed > now then
  if record.state ~= 'running' then
    enter(record, 'forwarded', now)
    save_record(id, record)
  end
  if pause_of_kind(record.kind, now) then
    set_aside(id, record, now)
  end
  return reply(pause, closed > now and closed or nil)
end
enter(record, 'running', now)
record.copy, record.handle = nil, nil
work.attempts = work.attempts + 1
begin_try(work, now)
work.retry_at = nil
save_record(id, record)
return reply()
