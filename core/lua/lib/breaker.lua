-- The site's circuit breaker, which all tasks share. While it is open the site's window is closed, for all lines. Once
-- that time has passed it is half open: one navigation, the probe, gets a slot; how that ends decides.
--
--   breaker   hash  by: the creator whose operations opened it; until: when it is half open (ms); since: when it was opened
--                   first (ms); times: how often since it was closed; why; probe: the holder of the slot that decides;
--                   probe_until: when that one is given up (ms). Absent: it is closed
local BREAKER = ROOT .. ':breaker'
