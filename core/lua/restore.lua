-- restore: operations that have ended, and of which Redis has lost the record, are known again, each in its place in the
-- list, for as long as its record would have been here. Nothing of it can begin again, and what is known here, if only that
-- it was erased, stays as it is; of a creator that is being erased nothing comes back.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 ...    per operation ten: operation, creator, kind, line, the state in which it has ended; when it was
--               accepted (ms), or '': nobody knows; when it began and ended (both ms); attempts, error or ''
-- Returns       how many were restored
-- Cost          O(log n) for each
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua

local now = clock(ARGV[1])
local FIELDS = 10
local restored = 0

local function is_being_erased(creator)
  local halt = unpack_halt(redis.call('HGET', HALTS, creator), now)
  return halt ~= nil and halt.mode == 'erasing'
end

for i = 2, #ARGV, FIELDS do
  local id, creator, kind, line, state = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local begun, ended = tonumber(ARGV[i + 6]), tonumber(ARGV[i + 7])
  local seconds = math.floor(KEEP_SECONDS - (now - ended) / 1000)
  if ENDED[state] and seconds > 0 and not is_being_erased(creator) then
    local record = new_record(creator, kind, line)
    record.at_pending = tonumber(ARGV[i + 5])
    enter(record, state, ended)
    local work = work_of(record)
    work.at_running, work.attempts = begun, tonumber(ARGV[i + 8])
    work.error = ARGV[i + 9] ~= '' and ARGV[i + 9] or nil
    if redis.call('SET', record_key(id), pack_record(record), 'NX', 'EX', seconds) then
      restored = restored + 1
      is_news(id, record)
      list_again(id, record.at_pending or begun)
      redis.call('ZADD', KNOWN, 'GT', digits(ended), creator)
      if state == 'outcome_unknown' then
        redis.call('ZADD', UNKNOWN, digits(ended), id)
      end
    end
  end
end
tell_changes()
return restored
