#!lua flags=allow-oom
-- pause_kind: no operation of a kind begins any more, of no creator; what runs comes to its end. What has been forwarded is
-- kept by the scraper. A creator whose first operation is of this kind leaves the ranking when its turn comes, and what
-- comes after that one waits with it: the order stays. An operator's word takes the place of the scraper's.
--
-- KEYS 1        the root of all keys
-- ARGV 1        now (ms), or '' for Redis's own clock
--      2        unused
--      3        kind
--      4        why, for whoever asks
-- Returns       1, or 0: it was paused already
-- Cost          O(1)
-- include lib/time.lua
-- include lib/root.lua
-- include lib/record.lua
-- include lib/halts.lua

local now, kind = clock(ARGV[1]), ARGV[3]
local known = pause_of_kind(kind, now)
local halt = { mode = 'kind_paused', since = known and known.since or now, reason = ARGV[4] }
redis.call('HSET', HALTS, halt_name(kind, 'kind_paused'), cmsgpack.pack(halt))
tell('line', '*')
return known and 0 or 1
