#!lua flags=allow-oom
-- hooks_order: what a person wants done with a delivery to a webhook that waits or was given up.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        operation
--      3        whose it must be: a token; '': anybody's
--      4        'redeliver': it is due now, and what was given up has all its tries before it again | 'discard' |
--               'look': nothing changes
-- Returns       { 'waiting' | 'dead': what it was, its token, the operation's creator }; { } if there is no such delivery
-- Cost          O(log n), n what there is of its token
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua

local now = clock(ARGV[1])
local id, order = ARGV[2], ARGV[4]
local record = load_record(id)
local token = record and record.creator and record.work and record.work.hook
if not token or (ARGV[3] ~= '' and ARGV[3] ~= token) then
  return {}
end
local where = find_hook(id, token)
if not where then
  return {}
end
if order == 'discard' then
  forget_hook(id, token)
elseif order == 'redeliver' then
  if where == 'dead' then
    forget_hook(id, token)
    record.work.delivery = nil
    save_record(id, record)
  end
  plan_hook(id, token, now)
  look_at_hooks(token)
end
return { where, token, record.creator }
