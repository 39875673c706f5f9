-- creator_page: what is here of one creator's operations, looked for in a page of all keys. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        creator
--      3 4      where the page begins ('0': at the beginning); about how many keys it has
-- Returns       { where the next page begins ('0': that was all), { operation, state or '' (there is only its body),
--                 kind, 1 if its body is here, 1 if its effect was tried, until when it may be at work (ms; 0: it isn't),
--                 when it is not tried again before (ms; 0: nobody knows) } ... }. An operation may be on two pages.
-- Cost          O(k), k the keys of the page, of whomever they are
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/line.lua
-- include lib/parcel.lua

local now, creator = clock(ARGV[1]), ARGV[2]
local page = redis.call('SCAN', ARGV[3], 'MATCH', ROOT .. ':*', 'COUNT', ARGV[4])
local operations, parcels = ROOT .. ':op:', ROOT .. ':parcel:'

local function at_work_until(id, record)
  if record.state ~= 'running' then
    return 0
  end
  open_line(record.line)
  local time = tonumber(redis.call('ZSCORE', UNFINISHED, id) or 0)
  return time > now and time or 0
end

local found = {}
for _, key in ipairs(page[2]) do
  if string.sub(key, 1, #operations) == operations then
    local id = string.sub(key, #operations + 1)
    local record = load_record(id)
    if record and record.creator == creator then
      local work = record.work or {}
      found[#found + 1] = {
        id, record.state, record.kind or '', redis.call('EXISTS', parcel_key(id)), work.tried and 1 or 0,
        at_work_until(id, record), work.retry_at or 0,
      }
    end
  elseif string.sub(key, 1, #parcels) == parcels then
    local id = string.sub(key, #parcels + 1)
    if redis.call('EXISTS', record_key(id)) == 0 and creator_of_parcel(id) == creator then
      found[#found + 1] = { id, '', '', 1, 0, 0, 0 }
    end
  end
end
return { page[1], found }
