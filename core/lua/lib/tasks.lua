-- The scraper's tasks, as they say themselves that they are there.
--
--   tasks   hash  task -> packed { at: when it was heard last (ms), busy: how many operations it has in hand }
local TASKS = ROOT .. ':tasks'
-- One that was silent for so long has ended (ms): some three times as long as they are silent between two words.
local SILENT = 50000

local function tasks(now)
  local found = {}
  local known = redis.call('HGETALL', TASKS)
  for i = 1, #known, 2 do
    local task = cmsgpack.unpack(known[i + 1])
    if task.at > now - SILENT then
      found[#found + 1] = { name = known[i], at = task.at, busy = task.busy }
    end
  end
  return found
end
