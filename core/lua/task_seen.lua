#!lua flags=allow-oom
-- task_seen: a task of the scraper says that it is there, or that it goes.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        the task's name
--      3        how many operations it has in hand, or '': it goes
-- Returns       1
-- Cost          O(t), t tasks
-- include lib/time.lua
-- include lib/keep.lua
-- include lib/root.lua
-- include lib/changes.lua
-- include lib/tasks.lua

local now = clock(ARGV[1])
local known = redis.call('HGET', TASKS, ARGV[2])
if ARGV[3] == '' then
  redis.call('HDEL', TASKS, ARGV[2])
else
  redis.call('HSET', TASKS, ARGV[2], cmsgpack.pack({ at = now, busy = tonumber(ARGV[3]) }))
end
local is_here = {}
for _, task in ipairs(tasks(now)) do
  is_here[task.name] = true
end
for _, name in ipairs(redis.call('HKEYS', TASKS)) do
  if not is_here[name] then
    redis.call('HDEL', TASKS, name)
  end
end
redis.call('EXPIRE', TASKS, KEEP_SECONDS)
if (known == false) == (ARGV[3] ~= '') then
  tell('line', '*')
end
return 1
