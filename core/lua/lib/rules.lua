-- The rules in force: what the environment says, until an operator has set something else.
--
--   limits    hash  limit, window (ms), most_unfinished, most_waiting, most_waiting_of_creator, weight:KIND: what an
--                     operator has set
local LIMITS = ROOT .. ':limits'

-- How much later than a window a token comes back (ms): it covers the jitter between the release of a message and
-- the moment at which it is in the next queue.
local GUARD = 250

-- A limit of `limit` tokens in any `window` ms, of which each comes back after `span` ms; nothing is released above
-- `most_unfinished` operations forwarded and not ended ('': 20 windows' worth). No more is accepted where as many wait as
-- half a week's windows let go, and of one creator a day's.
local function rules_in_force(limit, window, most_unfinished)
  local rules = { weights = {} }
  local set = redis.call('HGETALL', LIMITS)
  for i = 1, #set, 2 do
    local kind = string.match(set[i], '^weight:(.+)$')
    if kind then
      rules.weights[kind] = tonumber(set[i + 1])
    else
      rules[set[i]] = tonumber(set[i + 1])
    end
  end
  rules.limit = rules.limit or tonumber(limit)
  rules.window = rules.window or tonumber(window)
  rules.span = rules.window + GUARD
  rules.most_waiting = rules.most_waiting or math.max(1, math.floor(302400000 / rules.window)) * rules.limit
  rules.most_waiting_of_creator = rules.most_waiting_of_creator or math.max(1, math.floor(86400000 / rules.window)) * rules.limit
  rules.most_unfinished = rules.most_unfinished or tonumber(most_unfinished or '') or 20 * rules.limit
  return rules
end

-- What an operation of this kind takes: never more than there is, or it could never go.
local function weight_of(rules, kind)
  return math.min(rules.weights[kind] or 1, rules.limit)
end
