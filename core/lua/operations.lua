-- operations: the operations listed last, newest first, those that are asked for among a page of them. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4        where to go on: the number that was returned before, or '': at the newest
--      5 6      how many are looked at; how many are returned, both at most
--      7 8      kind, or ''; states, with a comma between them, or ''
--      9 ...    creators; none: of all
-- Returns       { where to go on, or '': that was all; record as JSON ..., as `operation` has it }
-- Cost          O(log n) for each that is returned, one step for each that is looked at
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua
-- include lib/view.lua

local now, limit, window = clock(ARGV[1]), ARGV[2], ARGV[3]
local from, most_looked, most = ARGV[4] == '' and '+inf' or '(' .. ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local kind, states, creators = ARGV[7], {}, {}
for state in string.gmatch(ARGV[8], '[^,]+') do
  states[state] = true
end
for i = 9, #ARGV do
  creators[ARGV[i]] = true
end

local function is_asked_for(record)
  return record and record.creator and (kind == '' or record.kind == kind) and (ARGV[8] == '' or states[record.state])
    and (#ARGV < 9 or creators[record.creator])
end

local page = redis.call('ZREVRANGEBYSCORE', LISTED, from, '-inf', 'WITHSCORES', 'LIMIT', 0, most_looked)
local found = { #page == 2 * most_looked and page[#page] or '' }
for i = 1, #page, 2 do
  if is_asked_for(load_record(page[i])) then
    found[#found + 1] = view(page[i], limit, window, now)
    if #found > most then
      found[1] = i + 1 < #page and page[i + 1] or found[1]
      break
    end
  end
end
return found
