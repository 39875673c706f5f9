-- The site's window: who navigates, who has, and who asks to.
--
--   slots    zset  holder -> the time its slot is dated to (ms). While the answer is outstanding that is the
--                  end of its hold, the latest moment at which the site can have counted it
--   asking   zset  holder -> ticket: slots are given in the order asked for
--   seen     zset  holder -> when it asked last (ms)
local SLOTS, ASKING, SEEN = KEYS[1] .. ':site:slots', KEYS[1] .. ':site:asking', KEYS[1] .. ':site:seen'
