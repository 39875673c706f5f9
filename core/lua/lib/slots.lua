-- The site's window of one line: who navigates, who has, and who asks to. ARGV 2 is the line's name.
--
--   slots    zset  holder -> the time its slot is dated to (ms). While the answer is outstanding that is the
--                  end of its hold, the latest moment at which the site can have counted it
--   asking   zset  holder -> ticket: slots are given in the order asked for
--   seen     zset  holder -> until when it may be silent: the time it was told (ms)
--   ticket   the last ticket given
--   shut     hash  window: its length, as it was (ms); until: no slot is given before (ms)
local SITE = ROOT .. ':site:' .. ARGV[2]
local SLOTS, ASKING, SEEN, TICKET, SHUT = SITE .. ':slots', SITE .. ':asking', SITE .. ':seen', SITE .. ':ticket', SITE .. ':shut'
