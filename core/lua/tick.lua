#!lua flags=allow-oom
-- tick: lets the line move. Every batch of arrivals at the limiter is one call of this script.
--
-- It releases what has room, puts the arrivals in line, and releases again, so that a message which finds
-- room goes at once. What is released belongs to the lease named here until `settle` confirms it; while a
-- lease of another runs, nothing is released. What an ended lease left behind is released again first, and
-- its grant moves to now: the window is paid for when the message is really sent.
--
-- Nothing is released while the site's window is closed, while the line is paused, above `most_unfinished`
-- operations forwarded and not ended, nor, in a Redis that has lost its memory, before a window has passed.
--
-- KEYS 1        the root of all keys; the others are derived from it (so: no Redis Cluster)
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the line's name
--      3 4 5    limit; window (ms); most unfinished, or '': what is in force until an operator has set another
--      6 7      the lease to take; how long it holds (ms), at least the function's time-out
--      8        how long a message stays hidden whose invocation died, at most (ms)
--      9        at most so many releases in one call
--      10 ...   per arrival nine: operation, creator, kind, sequence, follows or '', not after (ms) or '',
--               SQS message id, receipt handle, SQS's count of its receives
-- Returns       { now, tokens left, { release ... }, { verdict ... } }
--   release     { operation, tokens left after it, number of the arrival that has its copy in hand (from 0) } or
--               { operation, tokens left after it, -1, creator, sequence, SQS message id, receipt handle, parcel or '' }
--   verdict     one per arrival, in order: { 'released' } | { 'gone' } (forwarded before, withdrawn, or expired) |
--               { 'stranger' } (its id belongs to another creator) |
--               { 'waiting', due (ms), rank, 1 if `settle` should bring its body, which isn't kept here, else 0 }
-- Cost          O(log n) per arrival and per release, n what waits; O(t log n) for a creator with t turns that is
--               held, or comes back
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/home.lua
-- include lib/halts.lua
-- include lib/memory.lua
-- include lib/line.lua
-- include lib/history.lua

-- Nobody is deferred for longer (ms): a line that was lost has found all its messages again after that.
local LONGEST = 900000
-- A predecessor of which nothing is known is awaited this long, from the first turn that it missed (ms).
local PATIENCE = 30000
-- Lately: within so long (ms).
local RECENT = 86400000
-- So many of those held are looked at again in one call.
local MOST_WOKEN = 100
-- How often what nobody needs any more is looked for (ms).
local SWEEP_EVERY = 3600000
-- Under another's lease: about as long as a release takes (ms).
local ANOTHERS_TURN = 200

local now = clock(ARGV[1])
local line = ARGV[2]
-- A number is written anew for every command that it is given to: those that many get are written once.
local now_text = digits(now)
open_line(line)
local rules = rules_in_force(ARGV[3], ARGV[4], ARGV[5])
local lease, lease_ms, hidden_ms, most = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local FIRST, FIELDS = 10, 9
local arrivals = (#ARGV - FIRST + 1) / FIELDS

-- What is sure to be somewhere has been seen after this time (ms): the longest deferral, and the visibility timeout
-- of an invocation that died with it. Without an end, an API that died before it sent a message would hold the
-- creator for ever.
local LONG_PATIENCE = LONGEST + hidden_ms

local state = redis.call('HMGET', STATE, 'v', 'n', 'lease_until', 'span', 'shut', 'full_since', 'swept', 'sweeping',
  'minute')
local v_read, n_read = tonumber(state[1] or 0), tonumber(state[2] or 0)
local v, n = v_read, n_read
local lease_until = tonumber(state[3] or 0)
local mine = lease_until <= now
local shut, full_since_read = tonumber(state[5] or 0), tonumber(state[6] or nil)
local full_since = full_since_read

local lost = memory_lost(now)
if lost > 0 then
  -- Whoever was forwarding then is through with it, too.
  shut = math.max(shut, lost + math.max(rules.span, lease_ms))
end
local longer = rules.span - tonumber(state[4] or rules.span)
if longer > 0 then
  -- Tokens older than the shorter window are forgotten: by then they are older than the longer one.
  shut = math.max(shut, now + longer)
end

-- Nothing was heard for so long of what may have been taken out of the next queue by hand: it holds no place any more,
-- and is kept no longer than what has ended.
local function forget_unheard()
  local ghosts = redis.call('ZRANGEBYSCORE', UNFINISHED, '-inf', now_text, 'LIMIT', '0', MOST_WOKEN)
  if #ghosts > 0 then
    for _, id in ipairs(ghosts) do
      redis.call('EXPIRE', record_key(id), KEEP_SECONDS)
    end
    redis.call('ZREM', UNFINISHED, unpack(ghosts))
  end
end

-- A token is trimmed only when it is too old for the window: a limit that was lowered and raised again gives nothing.
redis.call('ZREMRANGEBYSCORE', GRANTS, '-inf', now - rules.span)
forget_unheard()
local unheard_text = digits(now + UNHEARD)
local room = rules.limit - redis.call('ZCARD', GRANTS)
local unfinished = redis.call('ZCOUNT', UNFINISHED, '-inf', '(' .. digits(ASIDE))

local is_any_halted = redis.call('HLEN', HALTS) > 0
local line_pause = is_any_halted and pause_of('*', now)
local opens = math.max(shut, closed_until(line), line_pause and (line_pause.until_ or math.huge) or 0)

-- The arrivals' copies in hand: operation -> number of the arrival. How many of them are of one creator.
local hand, arrivals_of = {}, {}
-- Where all arrivals find room at once: the tag after the one released last, as it is before the first of them goes.
local passing = false
-- What is released, and whose earlier release must go first but can't.
local releases, taken, blocked, is_blocked = {}, {}, {}, false

-- The parts of this script, which share all of the above:
-- include tick/cache.lua
-- include tick/obstacles.lua
-- include tick/releases.lua
-- include tick/arrivals.lua
-- include tick/verdicts.lua

-- The line of one creator is moved by nobody else: when nobody waits in it, it goes after a while by itself. (What is
-- released, and never confirmed, comes again with its copy before that.)
local function let_line_go()
  if string.sub(line, 1, 8) ~= 'creator-' then
    return
  end
  local wait = redis.call('ZCARD', HEADS) + redis.call('ZCARD', HELD)
  for _, key in ipairs({ GRANTS, CREATORS, RELEASED, UNFINISHED, STATE, PENDING }) do
    if wait == 0 then
      redis.call('EXPIRE', key, KEEP_SECONDS)
    else
      redis.call('PERSIST', key)
    end
  end
end

local standings = {}
if arrivals > 0 then
  read_ahead()
  for k = 0, arrivals - 1 do
    local id = ARGV[FIRST + k * FIELDS]
    local record = records[id]
    if record and (record.state == 'waiting' or record.state == 'forwarded') and record.line == line then
      hand[id] = k
    end
  end
end
if mine and opens <= now then
  release_again()
end
wake()
release()
passing = arrivals > 0 and is_open() and v
for k = 0, arrivals - 1 do
  standings[k + 1] = arrive(k, FIRST + k * FIELDS)
end
for k = 0, arrivals - 1 do
  local creator = ARGV[FIRST + k * FIELDS + 1]
  local c = creator_state(creator)
  if c.units > 0 and (c.held or (is_any_halted and pause_of(creator, now))) then
    look_again(creator, c)
  end
end
release()
write_releases()
if unfinished < rules.most_unfinished then
  full_since = nil
elseif #releases > 0 or not full_since then
  full_since = now
end
granted_count = rules.limit - room
local verdicts = {}
for k = 0, arrivals - 1 do
  verdicts[k + 1] = verdict(ARGV[FIRST + k * FIELDS], standings[k + 1])
end
write_rest()
if (state[8] or '') ~= '' or now >= tonumber(state[7] or 0) + SWEEP_EVERY then
  -- include tick/sweep.lua
end
let_line_go()
tell_changes()
return { now, math.max(0, room), releases, verdicts }
