-- overview: how the line, the site's window and the tasks stand. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4 ...    the lines
-- Returns       JSON: { breaker: { since, until, why, probe_until } or nil, halt: what an operator has said of all, or nil,
--                 lost (when memory was lost, ms; 0: never), tasks: { { name, at, busy } ... }, lines: { { line, pending, waiting,
--                 released, unfinished, granted, slots, next_slot_at, asking, closed_until, shut_until, worst: { { hour, most,
--                 limit } ... } } ... } }
-- Cost          O(log n) for each line
-- include lib/time.lua
-- include lib/keep.lua
-- include lib/root.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/breaker.lua
-- include lib/line.lua
-- include lib/tasks.lua

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[2], ARGV[3])

local function list_or_nil(found)
  return #found > 0 and found or nil
end

local function home()
  return tonumber(redis.call('HGET', ROOT .. ':home', 'since') or 0)
end

-- When the next navigation may be (ms): of the slots taken the oldest comes back a window after it.
local function next_slot_at(slots, opens)
  local taken = redis.call('ZCOUNT', slots, '(' .. digits(now - rules.window), '+inf')
  local time = now
  if taken >= rules.limit then
    local dated = redis.call('ZREVRANGE', slots, rules.limit - 1, rules.limit - 1, 'WITHSCORES')[2]
    time = math.min(now, tonumber(dated)) + rules.window
  end
  return math.max(time, opens), taken
end

local function worst_of(site)
  local hours = {}
  local known = redis.call('HGETALL', site .. ':worst')
  for i = 1, #known, 2 do
    local most, limit = string.match(known[i + 1], '^(%d+)/(%d+)$')
    if tonumber(known[i]) > math.floor(now / 3600000) - 24 then
      hours[#hours + 1] = { hour = tonumber(known[i]), most = tonumber(most), limit = tonumber(limit) }
    end
  end
  return hours
end

local lines = {}
for i = 4, #ARGV do
  local name = ARGV[i]
  local site = ROOT .. ':site:' .. name
  open_line(name)
  local state = redis.call('HMGET', STATE, 'shut', 'held_units')
  local shut = math.max(tonumber(state[1] or 0), tonumber(redis.call('HGET', site .. ':shut', 'until') or 0))
  local closed = closed_until(name)
  local next_at, taken = next_slot_at(site .. ':slots', math.max(shut, closed))
  lines[i - 3] = {
    line = name, pending = redis.call('ZCARD', PENDING), waiting = waiting_units(state[2]),
    released = redis.call('ZCARD', RELEASED), unfinished = redis.call('ZCARD', UNFINISHED),
    granted = redis.call('ZCOUNT', GRANTS, '(' .. digits(now - rules.span), '+inf'), slots = taken, next_slot_at = next_at,
    asking = redis.call('ZCARD', site .. ':asking'), closed_until = closed > now and closed or nil,
    shut_until = shut > now and shut or nil, worst = list_or_nil(worst_of(site)),
  }
end
local breaker = redis.call('HMGET', BREAKER, 'since', 'until', 'why', 'probe_until')
return cjson.encode({
  breaker = breaker[1] and {
    since = tonumber(breaker[1]), ['until'] = tonumber(breaker[2]), why = breaker[3], probe_until = tonumber(breaker[4] or nil),
  } or nil,
  halt = shown_halt(unpack_halt(redis.call('HGET', HALTS, '*'), now)), lost = home(), tasks = list_or_nil(tasks(now)), lines = lines,
})
