-- creator_names: every creator of whom something is known, and whose outcomes a person is to settle. Changes nothing.
--
-- KEYS 1        the root of all keys
-- Returns       { { creator ... }, { creator, operation, ... }: whose outcome is unknown }
-- Cost          O(n)
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua

-- More would be a catastrophe of its own; the sum says that there are more.
local MOST_UNKNOWN = 1000

local names, is_known = {}, {}
local function know(name)
  if not is_known[name] then
    is_known[name] = true
    names[#names + 1] = name
  end
end
for _, name in ipairs(redis.call('ZRANGE', KNOWN, 0, -1)) do
  know(name)
end
for _, name in ipairs(redis.call('HKEYS', HALTS)) do
  -- A creator's halts are named by it, or by what they are and it.
  local whom = string.match(name, '^login:(.+)$') or string.match(name, '^refused:(.+)$')
    or (not string.find(name, ':', 1, true) and name)
  if whom and whom ~= '*' then
    know(whom)
  end
end
local unknown = {}
for _, id in ipairs(redis.call('ZRANGE', UNKNOWN, 0, MOST_UNKNOWN - 1)) do
  local record = load_record(id)
  if record and record.creator and record.state == 'outcome_unknown' then
    know(record.creator)
    unknown[#unknown + 1] = record.creator
    unknown[#unknown + 1] = id
  end
end
return { names, unknown }
