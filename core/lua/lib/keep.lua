-- How long what has ended is remembered (s): longer than any message can live in any of the queues (14 days).
local KEEP_SECONDS = 15 * 86400
