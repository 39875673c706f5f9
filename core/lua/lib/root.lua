-- The root of all keys. Its digit is the version of their layout.
local ROOT = KEYS[1]
