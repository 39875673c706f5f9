-- hooks_list: deliveries to webhooks that wait, the first due first, or that were given up, the last one first. Changes
-- nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        'waiting' | 'dead'
--      2        whose: a token; '': everybody's
--      3        at most so many
-- Returns       { operation, token, when it is due, or was given up (ms), tries, the last try's time (ms) or '', its status
--                 or '', why it failed or '', the operation's creator, kind and state } ...
-- Cost          O(t m), t the tokens that have any (1,000 at most are looked at), m how many at most
-- include lib/root.lua
-- include lib/time.lua
-- include lib/record.lua

local is_dead, whose, most = ARGV[1] == 'dead', ARGV[2], tonumber(ARGV[3])
local MOST_TOKENS = 1000
local order = is_dead and 'ZREVRANGE' or 'ZRANGE'

local tokens = { whose }
if whose == '' then
  tokens = redis.call(order, ROOT .. (is_dead and ':dead_hooks' or ':hooks'), '0', MOST_TOKENS - 1)
end
local places = {}
for _, token in ipairs(tokens) do
  local found = redis.call(order, is_dead and dead_hooks_of(token) or hooks_of(token), '0', most - 1, 'WITHSCORES')
  for i = 1, #found, 2 do
    places[#places + 1] = { found[i], token, tonumber(found[i + 1]) }
  end
end
table.sort(places, function(a, b)
  if a[3] ~= b[3] then
    return (a[3] < b[3]) ~= is_dead
  end
  return a[1] < b[1]
end)

local rows = {}
for i = 1, math.min(most, #places) do
  local id, token, time = unpack(places[i])
  local record = load_record(id)
  if record and record.creator then
    local last = record.work and record.work.delivery or { tries = 0 }
    rows[#rows + 1] = {
      id, token, time, last.tries, last.at and digits(last.at) or '', last.status and digits(last.status) or '',
      last.why or '', record.creator, record.kind, record.state,
    }
  end
end
return rows
