#!lua flags=allow-oom
-- attempt_note: an effect is about to be tried, or its attempt was answered. Called before the click.
--
-- KEYS 1        the root of all keys
-- ARGV 1        unused
--      2        operation
--      3        number of the try at the effect, from 1
--      4        newest message in the conversation before it, as digits, or ''
--      5        from when on (ms) the try can have no effect any more
--      6        the status with which the site answered it, or '': not (yet) answered
-- Returns       1, or 0: the operation has ended, or a later try is known: this one must not go on
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua

local id, n = ARGV[2], tonumber(ARGV[3])
local record = load_record(id)
if not record then
  return redis.error_reply('UNKNOWN no record of this operation')
end
local work = work_of(record)
if ENDED[record.state] or (work.tried and work.tried.n > n) then
  return 0
end
work.tried = { n = n, newest = ARGV[4], deadline = tonumber(ARGV[5]), answered = tonumber(ARGV[6]) }
save_record(id, record)
return 1
