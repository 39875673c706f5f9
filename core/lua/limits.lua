#!lua flags=allow-oom
-- limits: sets what an operator wants changed, and tells what is in force. A limit that is raised lets nothing go that
-- was spent before: tokens come back by age only.
--
-- KEYS 1        the root of all keys
-- ARGV 1        unused
--      2 3 4    limit; window (ms); most unfinished, or '': what the environment says
--      5        1: they are only tried: everything stays as it is
--      6 ...    name and value, by turns: limit, window (ms), most_unfinished, most_waiting, most_waiting_of_creator,
--               weight:KIND; '' as the value: as the environment has it
-- Returns       { limit, window, most unfinished, most waiting, most waiting of a creator, { kind, weight, ... },
--                 { name, value, ... }: what an operator has set }
-- Cost          O(1)
-- include lib/root.lua
-- include lib/rules.lua
-- include lib/changes.lua

local before = redis.call('HGETALL', LIMITS)
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', LIMITS, ARGV[i])
  else
    redis.call('HSET', LIMITS, ARGV[i], ARGV[i + 1])
  end
end
local rules = rules_in_force(ARGV[2], ARGV[3], ARGV[4])
local weights = {}
for kind, weight in pairs(rules.weights) do
  weights[#weights + 1] = kind
  weights[#weights + 1] = weight
end
local set = redis.call('HGETALL', LIMITS)
if ARGV[5] == '1' then
  redis.call('DEL', LIMITS)
  if #before > 0 then
    redis.call('HSET', LIMITS, unpack(before))
  end
elseif #ARGV > 5 then
  tell('line', '*')
end
return {
  rules.limit, rules.window, rules.most_unfinished, rules.most_waiting, rules.most_waiting_of_creator, weights, set,
}
