#!lua flags=allow-oom
-- site_changed: the site's answer to an operation doesn't fit what the scraper knows. Once that is sure, its kind is paused.
--
-- Sure is: the answer of this page to this kind before it didn't fit either, in the same field. That answer is another
-- creator's, or it is the same creator's, of another attempt, and in a day none of another creator has fitted. Any that
-- fits takes back what was seen before it (attempt_end). So one account's oddity pauses nothing, however often it is
-- tried; and after a kind was resumed the first answer that still doesn't fit pauses it again.
--
-- A scraper that is being replaced isn't believed: what it doesn't know, its successor may.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      kind; page of the site
--      4 5 6    creator, operation, number of its attempt
--      7        version of the scraper
--      8        why, for whoever asks: without any value
--      9 ...    names of the fields that don't fit
-- Returns       'pauses': the kind is paused from now on | 'paused': it was | 'doubted': that isn't sure |
--               'outdated': another scraper is to try it
-- Cost          O(f), f fields
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/drift.lua

local DAY = 86400000

local now = clock(ARGV[1])
local kind, page, version = ARGV[2], page_of(ARGV[2], ARGV[3]), ARGV[7]
if pause_of_kind(kind, now) then
  return 'paused'
end
local newest = redis.call('HGET', DRIFT, 'version')
if newest and newest ~= version then
  return 'outdated'
end
local before = load_page(page)
local seen = {
  creator = ARGV[4], operation = ARGV[5], attempt = ARGV[6], fields = {},
  fitted_by = before.fitted_by, fitted_at = before.fitted_at,
}
local is_same = false
for i = 9, #ARGV do
  seen.fields[ARGV[i]] = true
  is_same = is_same or before.fields ~= nil and before.fields[ARGV[i]] ~= nil
end
write_drift(page, cmsgpack.pack(seen))

-- Whether the answer before it says the same of everybody, not only of this creator.
local function is_of_all()
  if before.creator ~= seen.creator then
    return true
  end
  local fits_others = before.fitted_by and before.fitted_by ~= seen.creator and before.fitted_at + DAY > now
  -- An attempt that says it twice has seen it once.
  return not fits_others and (before.operation ~= seen.operation or before.attempt ~= seen.attempt)
end

if not is_same or not is_of_all() then
  return 'doubted'
end
local halt = { mode = 'drift', since = now, reason = ARGV[8], version = version }
redis.call('HSET', HALTS, halt_name(kind, 'drift'), cmsgpack.pack(halt))
tell('line', '*')
return 'pauses'
