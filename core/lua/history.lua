-- history: what happened in each of the last minutes. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        how many minutes, the one that runs included; at most a day
-- Returns       { minute since the epoch, what, how much ... }: see lib/history.lua
-- Cost          O(n), n what is kept of the hours that are looked at
-- include lib/time.lua
-- include lib/root.lua
-- include lib/history.lua

local now, minutes = clock(ARGV[1]), tonumber(ARGV[2])
local last = math.floor(now / 60000)
local first = last - minutes + 1
local found = {}
for hour = math.floor(first / 60), math.floor(last / 60) do
  local known = redis.call('HGETALL', history_key(hour))
  for i = 1, #known, 2 do
    local minute, what = string.match(known[i], '^(%d+):(%a)$')
    local at = hour * 60 + tonumber(minute)
    if at >= first and at <= last then
      found[#found + 1] = at
      found[#found + 1] = what
      found[#found + 1] = known[i + 1]
    end
  end
end
return found
