-- missing: of which operations nothing is known here, not even that they were erased. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1 ...    operations
-- Returns       those of them
-- Cost          O(1) for each
-- include lib/root.lua
-- include lib/time.lua
-- include lib/record.lua

local missing = {}
for _, id in ipairs(ARGV) do
  if redis.call('EXISTS', record_key(id)) == 0 then
    missing[#missing + 1] = id
  end
end
return missing
