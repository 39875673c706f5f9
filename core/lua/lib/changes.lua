-- changes   stream  what has changed, for whoever looks on: `ops`: operations that have entered a state, by a space
--                    between them; `creator`: what is said of one, `line`: of everybody. How they are now is read where
--                    it is kept.
local CHANGES = ROOT .. ':changes'
local MOST_CHANGES = '10000'

local function tell(what, name)
  redis.call('XADD', CHANGES, 'MAXLEN', '~', MOST_CHANGES, '*', what, name)
end
