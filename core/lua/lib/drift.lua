-- Which of the site's answers fitted what the scraper knows, and which didn't and is not believed yet: one may be an
-- account's oddity.
--
--   drift    hash  'KIND PAGE' -> packed { fitted_by, fitted_at (ms): the creator whose answer fitted last, nil if none has;
--                    creator, operation, attempt, fields: of the one after it that didn't, nil if all have; fields: a set
--                    of names }
--                  version: of the scraper that began last
local DRIFT = ROOT .. ':drift'

-- Kinds have no space in their names.
local function page_of(kind, page)
  return kind .. ' ' .. page
end

local function load_page(name)
  local packed = redis.call('HGET', DRIFT, name)
  return packed and cmsgpack.unpack(packed) or {}
end

local function write_drift(name, value)
  redis.call('HSET', DRIFT, name, value)
  redis.call('EXPIRE', DRIFT, KEEP_SECONDS)
end

local function note_fit(kind, page, creator, now)
  write_drift(page_of(kind, page), cmsgpack.pack({ fitted_by = creator, fitted_at = now }))
end

-- Those in which a creator is named.
local function pages_with(creator)
  local pages = {}
  local all = redis.call('HGETALL', DRIFT)
  for i = 1, #all, 2 do
    local page = all[i] ~= 'version' and cmsgpack.unpack(all[i + 1]) or {}
    if page.creator == creator or page.fitted_by == creator then
      pages[#pages + 1] = all[i]
    end
  end
  return pages
end
