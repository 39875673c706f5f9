-- What was seen of the site's answers that don't fit any more, and is not believed yet: one may be an account's oddity.
--
--   drift    hash  'KIND PAGE' -> packed { creator, operation, attempt, fields }: the answer seen last that didn't fit, and
--                    the names of the fields that didn't. Absent: an answer of this page to this kind has fitted since
--                  version: of the scraper that began last
local DRIFT = ROOT .. ':drift'

-- Kinds have no space in their names.
local function page_of(kind, page)
  return kind .. ' ' .. page
end

local function keep_drift()
  redis.call('EXPIRE', DRIFT, KEEP_SECONDS)
end

-- Where the answer seen last was a creator's.
local function pages_seen_by(creator)
  local pages = {}
  local seen = redis.call('HGETALL', DRIFT)
  for i = 1, #seen, 2 do
    if seen[i] ~= 'version' and cmsgpack.unpack(seen[i + 1]).creator == creator then
      pages[#pages + 1] = seen[i]
    end
  end
  return pages
end
