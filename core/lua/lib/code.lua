-- One-time codes that a person has entered for a creator's login. Nothing tells what a code is but its taking.
--
--   code:C          string  the code of creator C, until somebody takes it, minutes at most
--   code_asked:C    string  a login of creator C waits for a code until then (ms); as long as somebody asks again, and
--                           seconds more
local function code_key(creator)
  return ROOT .. ':code:' .. creator
end

local function code_asked_key(creator)
  return ROOT .. ':code_asked:' .. creator
end
