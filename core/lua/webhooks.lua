-- webhooks: which tokens have one. They are kept in S3; Redis knows of them, so that whoever accepts an operation need not
-- ask there.
--
-- KEYS 1        the root of all keys
-- ARGV 1        when it was begun to read them all (ms, by Redis's clock): what was lost before that is known again; or ''
--      2        a token that has none any more, or ''
--      3 ...    tokens that have one
-- Returns       nothing
-- Cost          O(n), n the tokens
-- include lib/root.lua

local key = ROOT .. ':webhooks'
if ARGV[2] ~= '' then
  redis.call('HDEL', key, ARGV[2])
end
for i = 3, #ARGV do
  redis.call('HSET', key, ARGV[i], '1')
end
if ARGV[1] ~= '' then
  redis.call('HSET', key, '', ARGV[1])
end
