-- The attempts of an operation, as its record has them: see record.lua.
local MOST_TRIES = 10

local function begin_try(work, now)
  work.tries = work.tries or {}
  if #work.tries == MOST_TRIES then
    table.remove(work.tries, 1)
  end
  work.tries[#work.tries + 1] = { now, 0, '' }
end

local function end_try(work, now, error)
  local last = work.tries and work.tries[#work.tries]
  if last and last[2] == 0 then
    last[2], last[3] = now, error
  end
end
