-- creators: how each of some creators stands. Changes nothing.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2 3      limit; window (ms): what is in force until an operator has set another
--      4        'platform', or '': each has a line of its own
--      5 ...    creators
-- Returns       { for each, as JSON: { creator, pending, waiting, forwarded, running, retry_at: when the first that was
--                 tried is tried again (ms), halts: { { mode, since, until, reason } ... }, head: { id, kind, since (ms), and
--                 what `outlook` says }, last_expected_at (ms) } ... }
-- Cost          O(u + log n) for each, u what is forwarded and not ended in its line
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/rules.lua
-- include lib/halts.lua
-- include lib/line.lua
-- include lib/outlook.lua

local now = clock(ARGV[1])
local rules = rules_in_force(ARGV[2], ARGV[3])

-- What is forwarded and not ended in the line that is open: creator -> { forwarded, running, retry_at }.
local function unfinished_of_line()
  local of = {}
  for _, id in ipairs(redis.call('ZRANGE', UNFINISHED, 0, -1)) do
    local record = load_record(id)
    if record and record.creator then
      local sum = of[record.creator] or { forwarded = 0, running = 0 }
      of[record.creator] = sum
      if record.state == 'running' then
        sum.running = sum.running + 1
      elseif record.state == 'forwarded' then
        sum.forwarded = sum.forwarded + 1
        local retry_at = record.work and record.work.retry_at
        if retry_at and retry_at > now and retry_at < (sum.retry_at or math.huge) then
          sum.retry_at, sum.error = retry_at, record.work.error
        end
      end
    end
  end
  return of
end

local function halts_of(creator)
  local found = {}
  for _, mode in ipairs({ '', 'login', 'refused' }) do
    local halt = unpack_halt(redis.call('HGET', HALTS, halt_name(creator, mode)), now)
    if halt then
      found[#found + 1] = shown_halt(halt)
    end
  end
  return found
end

local function outlook_of(id)
  local record = id and load_record(id)
  if not record then
    return nil
  end
  record.id = id
  local since = record.at_pending or record.at_waiting
  local shown = outlook(record, rules, now)
  shown.id, shown.kind, shown.since = id, record.kind, since
  return shown
end

local shared
if ARGV[4] == 'platform' then
  open_line('platform')
  shared = unfinished_of_line()
end
local found = {}
for i = 5, #ARGV do
  local creator = ARGV[i]
  open_line(shared and 'platform' or 'creator-' .. creator)
  local sum = (shared or unfinished_of_line())[creator] or { forwarded = 0, running = 0 }
  local queue = queue_of(creator)
  local head, tail = redis.call('ZRANGE', queue, 0, 0)[1], redis.call('ZRANGE', queue, -1, -1)[1]
  local last = tail and outlook_of(string.match(tail, '^[^#]+'))
  local halts = halts_of(creator)
  found[i - 4] = cjson.encode({
    creator = creator, pending = redis.call('ZCARD', expected_key(creator)), waiting = load_creator(creator).units,
    forwarded = sum.forwarded, running = sum.running, retry_at = sum.retry_at, error = sum.error,
    halts = #halts > 0 and halts or nil, head = outlook_of(head), last_expected_at = last and last.expected_at,
  })
end
return found
