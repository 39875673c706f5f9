-- The time, in whole milliseconds. Redis's own clock is the only one that all invocations share;
-- an explicit `now` is for simulation, where one test drives one Redis.
local function clock(argument)
  if argument ~= '' then
    return tonumber(argument)
  end
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- Whole numbers above 2^53 / 10^14 lose digits when Lua writes them by itself.
local function digits(number)
  return string.format('%.0f', number)
end
