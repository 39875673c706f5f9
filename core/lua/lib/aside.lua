-- Setting aside what was let through before its kind was paused. It keeps its place in the next queue, and what its creator
-- has there waits behind it: neither counts as unfinished, or they would take all places from those who can go on. What
-- its creator has in the line stays there meanwhile (see `behind` in lib/halts.lua).

local function out_of_count(id, record, now)
  -- Of one that may be at work somebody wants to know until when.
  if record.state == 'forwarded' then
    redis.call('ZADD', UNFINISHED, digits(ASIDE + now + UNHEARD), id)
  end
end

local function set_aside(id, record, now)
  out_of_count(id, record, now)
  local name, pause = halt_name(record.creator, 'behind'), pause_of_kind(record.kind, now)
  local known = unpack_halt(redis.call('HGET', HALTS, name), now)
  if known and known.id == id and known.pause == pause.since then
    return
  end
  redis.call('HSET', HALTS, name, cmsgpack.pack({ mode = 'behind', since = now, id = id, pause = pause.since }))
  for _, other in ipairs(redis.call('ZRANGE', UNFINISHED, '-inf', '(' .. digits(ASIDE), 'BYSCORE')) do
    local its = load_record(other)
    if its and its.creator == record.creator then
      out_of_count(other, its, now)
    end
  end
end
