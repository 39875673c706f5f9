#!lua flags=allow-oom
-- erase_creator: what is kept under a creator's own name, beside its operations: its places in the lines, what is
-- awaited of it, its halts. Of a line of its own, what was taken of the windows stays until it comes back by age.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        creator
--      3 ...    1, and the lines in which it can stand: it goes; 0, and the lines: it is only counted
-- Returns       { how many keys and entries there are, or were; until when the windows of its own line are kept (ms; 0:
--                 there are none); 1 if it is halted as 'erasing', else 0 }
-- Cost          O(t log n), t the creator's turns in the lines
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua
-- include lib/breaker.lua
-- include lib/drift.lua
-- include lib/line.lua
-- include lib/code.lua

local now, creator, goes = clock(ARGV[1]), ARGV[2], ARGV[3] == '1'
local count, kept = 0, 0

local function key_goes(...)
  count = count + redis.call(goes and 'UNLINK' or 'EXISTS', ...)
end

local function field_goes(key, field)
  count = count + redis.call(goes and 'HDEL' or 'HEXISTS', key, field)
end

local function member_goes(key, member)
  if redis.call('ZSCORE', key, member) then
    count = count + 1
    if goes then
      redis.call('ZREM', key, member)
    end
  end
end

-- The youngest of a window's entries comes back after `span` (ms). Until then the window isn't free. Without a span it
-- was left so before, and goes when that was said.
local function window_stays(key, span)
  local youngest = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  local left = span and youngest and tonumber(youngest) + span - now or 0
  if not span then
    left = redis.call('PTTL', key)
  end
  if left <= 0 then
    return key_goes(key)
  end
  kept = math.max(kept, now + left)
  if goes and span then
    redis.call('PEXPIRE', key, digits(math.ceil(left)))
  end
end

local halt = unpack_halt(redis.call('HGET', HALTS, creator), now)
local is_erasing = halt and halt.mode == 'erasing'

for i = 4, #ARGV do
  local name = ARGV[i]
  open_line(name)
  if redis.call('HEXISTS', CREATORS, creator) == 1 then
    local c = load_creator(creator)
    if goes and c.units > 0 then
      drop_turns(creator, c, c.units, false)
    end
    field_goes(CREATORS, creator)
  end
  member_goes(HELD, creator)
  key_goes(queue_of(creator))
  if name == 'creator-' .. creator then
    local site = ROOT .. ':site:' .. name
    window_stays(GRANTS, tonumber(redis.call('HGET', STATE, 'span') or nil))
    window_stays(site .. ':slots', tonumber(redis.call('HGET', site .. ':shut', 'window') or nil))
    key_goes(HEADS, TURNS, HELD, CREATORS, RELEASED, UNFINISHED, STATE, PENDING)
    key_goes(site .. ':asking', site .. ':seen', site .. ':ticket', site .. ':shut', site .. ':answered', site .. ':worst')
    field_goes(CLOSED, name)
  end
end
key_goes(ROOT .. ':accepted:' .. creator, expected_key(creator), voided_key(creator))
key_goes(code_key(creator), code_asked_key(creator))
member_goes(REFUSED, creator)
member_goes(KNOWN, creator)
if redis.call('HGET', BREAKER, 'by') == creator then
  count = count + 1
  if goes then
    -- It stays as open as it is, but nobody's.
    redis.call('HSET', BREAKER, 'by', '', 'why', 'the site fails')
  end
end
field_goes(HALTS, halt_name(creator, 'login'))
field_goes(HALTS, halt_name(creator, 'refused'))
field_goes(HALTS, halt_name(creator, 'behind'))
for _, page in ipairs(pages_with(creator)) do
  field_goes(DRIFT, page)
end
-- The last: from here on the creator is one that nobody has heard of. What was only halted for this isn't counted.
if goes then
  -- Whoever looks on loads everything anew.
  redis.call('XTRIM', CHANGES, 'MAXLEN', 0)
  redis.call('HDEL', HALTS, creator)
elseif halt and not is_erasing then
  count = count + 1
end
return { count, kept, is_erasing and 1 or 0 }
