-- kind_page: what of a kind hasn't ended, looked for in a page of all keys. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        unused
--      2        kind
--      3 4      where the page begins ('0': at the beginning); about how many keys it has
-- Returns       { where the next page begins ('0': that was all), { operation, creator ... } }. An operation may be on
--               two pages.
-- Cost          O(k), k the keys of the page, of whatever kind they are
-- include lib/root.lua
-- include lib/record.lua

local operations = ROOT .. ':op:'
local page = redis.call('SCAN', ARGV[3], 'MATCH', operations .. '*', 'COUNT', ARGV[4])
local found = {}
for _, key in ipairs(page[2]) do
  local id = string.sub(key, #operations + 1)
  local record = load_record(id)
  if record and record.kind == ARGV[2] and not ENDED[record.state] then
    found[#found + 1] = id
    found[#found + 1] = record.creator
  end
end
return { page[1], found }
