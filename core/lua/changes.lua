-- changes: what has changed since, for whoever looks on. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4        the last change that is known: ID@N, the N-th of all that there ever were; or '': only where the stream has
--               come to is asked for
--      5        how many entries at most
-- Returns       { the last entry that was looked at, as ID@N, 'reset' | 'more' | 'all', what, value ... }, where
--                 'reset': some that came after the one known are gone, or it isn't of this stream: load everything anew;
--                 'more': there are more entries; what, value: 'operation' and its record as JSON, as `operation` has it;
--                 'creator' and its name; 'line' and ''. Each once, in the order in which it changed last
-- Cost          O(log n) for each operation
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua
-- include lib/view.lua

local now, limit, window, after, most = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

-- A is before B.
local function is_before(a, b)
  local a_ms, a_n = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_n = string.match(b, '^(%d+)-(%d+)$')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  return a_ms < b_ms or (a_ms == b_ms and tonumber(a_n) < tonumber(b_n))
end

if redis.call('EXISTS', CHANGES) == 0 then
  return { '0-0@0', (after == '' or after == '0-0@0') and 'all' or 'reset' }
end
local about = redis.call('XINFO', 'STREAM', CHANGES)
local stream = {}
for i = 1, #about, 2 do
  stream[about[i]] = about[i + 1]
end
local added = stream['entries-added']
local function at(id, n)
  return id .. '@' .. digits(n)
end
local last = at(stream['last-generated-id'], added)
if after == '' then
  return { last, 'all' }
end
local known, known_n = string.match(after, '^(.+)@(%d+)$')
known_n = tonumber(known_n)
-- What goes is always the oldest: whatever isn't known is here, if it is no more than there is.
if is_before(stream['last-generated-id'], known) or added < known_n or added - known_n > stream['length'] then
  return { last, 'reset' }
end

local entries = redis.call('XRANGE', CHANGES, '(' .. known, '+', 'COUNT', most)
-- From the newest on, so that each stands where it changed last.
local seen, reversed = {}, {}
local function mention(what, name)
  local mentioned = what .. ' ' .. name
  if not seen[mentioned] then
    seen[mentioned] = true
    reversed[#reversed + 1] = { what, name }
  end
end
for i = #entries, 1, -1 do
  local what, value = unpack(entries[i][2])
  if what == 'ops' then
    for id in string.gmatch(value, '%S+') do
      mention('operation', id)
    end
  else
    mention(what, what == 'line' and '' or value)
  end
end
local reply = { #entries > 0 and at(entries[#entries][1], known_n + #entries) or after, #entries == most and 'more' or 'all' }
for i = #reversed, 1, -1 do
  local what, name = unpack(reversed[i])
  local value = what == 'operation' and view(name, limit, window, now) or what ~= 'operation' and name
  if value then
    reply[#reply + 1] = what
    reply[#reply + 1] = value
  end
end
return reply
