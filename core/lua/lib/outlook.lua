-- What an operation that hasn't been forwarded waits for, and until when, as far as can be said.
--
-- position     1 is next; expected_at: when its token is expected (ms)
-- waits_for    'turn' | 'predecessor' (one before it that has not been seen yet) | 'copy' (its message, which is not
--              kept here, comes again) | 'paused' (its creator) | 'erasing' (so is it, for ever) | 'login' (the site doesn't let its creator in: a person
--              is needed) | 'refused' (its creator, by the site) | 'kind_paused' (its kind, or that of one before it) |
--              'line_paused' | 'site_closed' | 'unfinished' (too many are forwarded and not ended) | 'lost_memory' (Redis is
--              another, or was emptied: a window must pass)
-- until        until when it waits for that at most (ms), where that is known
--
-- Of one that was forwarded: only whether it is paused.

-- What keeps an operation from beginning: of its own, of its creator's, or of the first one in line, that goes before it.
local function pause_over(record, now)
  if redis.call('HLEN', HALTS) == 0 then
    return nil
  end
  local own = pause_of(record.creator, now, record.kind)
  local id = not own and redis.call('ZRANGE', queue_of(record.creator), '0', '0')[1]
  local first = id and record.state ~= 'forwarded' and load_record(id)
  return own or first and first.kind and pause_of_kind(first.kind, now) or nil
end

local function waits_while(pause)
  return pause.mode == 'drift' and 'kind_paused' or pause.mode
end

local function outlook(record, rules, now)
  open_line(record.line)
  local state = redis.call('HMGET', STATE, 'v', 'shut', 'full_since')
  local id_rank
  local c = load_creator(record.creator)
  local is_released = record.state == 'forwarded' and record.id and redis.call('ZSCORE', RELEASED, record.id)
  if is_released then
    -- On its way to the next queue, which hasn't confirmed it.
    record.state = 'waiting'
  end
  if record.state == 'waiting' then
    id_rank = record.id and rank_of(record.id, record.creator, c, tonumber(state[1] or 0)) or 0
  elseif record.state == 'pending' then
    id_rank = redis.call('ZCARD', TURNS)
  elseif record.state == 'forwarded' then
    local pause = pause_over(record, now)
    return pause and { waits_for = waits_while(pause), ['until'] = pause.until_ } or {}
  else
    return {}
  end
  -- Only the tick trims: whoever asks may go by another window than the limiter.
  local old = redis.call('ZCOUNT', GRANTS, '-inf', now - rules.span)
  local view = { position = id_rank + 1, expected_at = due(id_rank, rules, now, old), waits_for = 'turn' }
  view['until'] = view.expected_at
  local function also(why, time)
    view.waits_for, view['until'] = why, time
    -- Of several, one without an end leaves nobody to say when.
    view.expected_at = time and view.expected_at and math.max(time, view.expected_at)
  end
  local shut, closed = tonumber(state[2] or 0), closed_until(record.line)
  if record.state == 'waiting' and (c.held == 'predecessor' or c.held == 'copy') then
    local at = tonumber(redis.call('ZSCORE', HELD, record.creator) or now)
    view.waits_for, view['until'] = c.held, at
  end
  if shut > math.max(now, closed) then
    also('lost_memory', shut)
  elseif closed > now then
    also('site_closed', closed)
  elseif (state[3] or '') ~= '' then
    view.waits_for, view['until'] = 'unfinished', nil
  end
  local paused, line_paused = pause_over(record, now), pause_of('*', now)
  if paused then
    also(waits_while(paused), paused.until_)
  end
  if line_paused then
    also('line_paused', line_paused.until_)
  end
  return view
end
