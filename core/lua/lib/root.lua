-- The root of all keys. Its digit is the version of their layout: a release that changes it stands beside the one before
-- on the same Redis without touching its keys.
local ROOT = 'huntaze:2'
