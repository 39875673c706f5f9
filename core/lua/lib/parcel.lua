-- The creator of a body that lies here without a record, as the limiter would read it; nil: nobody can tell.
local CREATOR_FIELDS = { 'creator_id', 'user_id', 'creatorId', 'userId' }

local function creator_of_parcel(id)
  local parcel = redis.call('GET', parcel_key(id)) or ''
  local is_json, body = pcall(cjson.decode, string.sub(parcel, (string.find(parcel, '\n', 1, true) or 0) + 1))
  if not is_json or type(body) ~= 'table' then
    return nil
  end
  for _, field in ipairs(CREATOR_FIELDS) do
    local value = body[field]
    if value ~= nil and value ~= cjson.null and value ~= '' then
      return type(value) == 'number' and digits(value) or value
    end
  end
end
