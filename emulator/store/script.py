"""The Lua scripts of ``RedisStore``. Redis runs each script as a single atomic step.

All scripts take two keys: the prefix of the live content, and the prefix of all snapshots. The
content lies in a place. A place is the beginning of the names of Redis keys:

- ``<place>names``: the set of the names of collections with records
- ``<place>records:<collection>``: a hash from the bytes of a key to state, newline and JSON
- ``<place>order:<collection>``: a sorted set of the bytes of the keys, all with the score 0

The live place also has

- ``<live>meta``: a hash of ``version`` and ``base``, the id of the last equal snapshot
- ``<live>changed``, ``<live>changed:<collection>``: sets of the collections, and of the keys
  within each, that may differ from the base

A snapshot ``id`` is the place ``<snapshots><id>:``. The snapshot exists as long as
the hash ``meta`` of the place. The field ``holders`` counts the holders of the snapshot.
"""

COMMON_FUNCTIONS = r"""
local live, snapshots = KEYS[1], KEYS[2]
local call = redis.call

local function records(place, name) return place .. 'records:' .. name end
local function order(place, name) return place .. 'order:' .. name end
local function changed(name) return live .. 'changed:' .. name end

local function low(parent) return '[' .. parent end
local function high(parent)
  if parent == '' then return '+' end
  return '(' .. parent .. '\255'
end

-- The first version is the time: so an old version never returns after content was lost.
local function bump()
  if call('HEXISTS', live .. 'meta', 'version') == 0 then
    local now = call('TIME')
    call('HSET', live .. 'meta', 'version', now[1] .. string.format('%06d', now[2]))
  end
  call('HINCRBY', live .. 'meta', 'version', 1)
end

local function forget_changes()
  for _, name in ipairs(call('SMEMBERS', live .. 'changed')) do
    call('UNLINK', changed(name))
  end
  call('UNLINK', live .. 'changed')
end

local function clear(place)
  for _, name in ipairs(call('SMEMBERS', place .. 'names')) do
    call('UNLINK', records(place, name), order(place, name))
  end
  call('UNLINK', place .. 'names')
end

local function copy(from, to)
  for _, name in ipairs(call('SMEMBERS', from .. 'names')) do
    if call('COPY', records(from, name), records(to, name), 'REPLACE') == 1 then
      call('COPY', order(from, name), order(to, name), 'REPLACE')
      call('SADD', to .. 'names', name)
    end
  end
end

local function is_snapshot(id)
  return id and call('EXISTS', snapshots .. id .. ':meta') == 1
end
"""

WRITE = (
    COMMON_FUNCTIONS
    + r"""
-- Five arguments for each change: operation, collection, key, expectation, state with JSON.
-- Returns the number of deleted records, or -1 if an expectation fails. All expectations are
-- checked before the first change, since Redis does not undo the writes of a script.
local based = call('HEXISTS', live .. 'meta', 'base') == 1
local deleted, touched = 0, false

local function holds(name, key, expected)
  local kind = string.sub(expected, 1, 1)
  if kind == '*' then return true end
  local found = call('HGET', records(live, name), key)
  if kind == '!' then return not found end
  if kind == '?' then return found end
  local state = string.sub(expected, 2) .. '\n'
  return found and string.sub(found, 1, #state) == state
end

local function mark(name, key)
  touched = true
  if based then
    call('SADD', live .. 'changed', name)
    call('SADD', changed(name), key)
  end
end

local function put(name, key, value)
  call('SADD', live .. 'names', name)
  call('HSET', records(live, name), key, value)
  call('ZADD', order(live, name), 0, key)
  mark(name, key)
end

local function delete(name, key)
  if call('HDEL', records(live, name), key) == 1 then
    call('ZREM', order(live, name), key)
    mark(name, key)
    deleted = deleted + 1
  end
end

for i = 1, #ARGV, 5 do
  local operation, name, key = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if operation == 'size' then
    local found = call('ZLEXCOUNT', order(live, name), low(key), high(key))
    if found ~= tonumber(ARGV[i + 3]) then return -1 end
  elseif not holds(name, key, ARGV[i + 3]) then
    return -1
  end
end
for i = 1, #ARGV, 5 do
  local operation, name, key = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if operation == 'put' then
    put(name, key, ARGV[i + 4])
  elseif operation == 'delete' then
    delete(name, key)
  elseif operation == 'clear' then
    for _, below in ipairs(call('ZRANGE', order(live, name), low(key), high(key), 'BYLEX')) do
      delete(name, below)
    end
  end
end
if touched then bump() end
return deleted
"""
)

SCAN = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: collection, parent, start, count, and optionally after. Returns the number of records
-- below the parent, then alternating keys and records. A rank is found in O(log n); with LIMIT,
-- Redis would walk over all skipped keys.
local name, parent, start, count, after = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sorted = order(live, name)
local total = call('ZLEXCOUNT', sorted, low(parent), high(parent))
local first = call('ZLEXCOUNT', sorted, '-', '(' .. parent)
local stop = first + total
if after then first = math.max(first, call('ZLEXCOUNT', sorted, '-', '[' .. after)) end
first = first + start
stop = math.min(stop, first + count)
local page = {total}
while first < stop do
  local till = math.min(first + 1000, stop)  -- Lua passes some thousand arguments at most
  local keys = call('ZRANGE', sorted, first, till - 1)
  local values = call('HMGET', records(live, name), unpack(keys))
  for i, key in ipairs(keys) do
    page[#page + 1] = key
    page[#page + 1] = values[i]
  end
  first = till
end
return page
"""
)

SNAPSHOT = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: the id for a new snapshot. Returns the id of the snapshot: the base if nothing has
-- changed since the base, so that repeated snapshots copy nothing.
local base = call('HGET', live .. 'meta', 'base')
if is_snapshot(base) and call('EXISTS', live .. 'changed') == 0 then
  call('HINCRBY', snapshots .. base .. ':meta', 'holders', 1)
  return base
end
local id = ARGV[1]
copy(live, snapshots .. id .. ':')
call('HSET', snapshots .. id .. ':meta', 'holders', 1)
call('HSET', live .. 'meta', 'base', id)
forget_changes()
return id
"""
)

FREEZE = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: the place of the copy, and the seconds until the copy expires. The base of the live
-- place stays the same, so that the next restore of the base still copies the changed records only.
local place, seconds = ARGV[1], ARGV[2]
copy(live, place)
call('HSET', place .. 'meta', 'version', call('HGET', live .. 'meta', 'version') or 1)
for _, name in ipairs(call('SMEMBERS', place .. 'names')) do
  call('EXPIRE', records(place, name), seconds)
  call('EXPIRE', order(place, name), seconds)
end
call('EXPIRE', place .. 'names', seconds)
call('EXPIRE', place .. 'meta', seconds)
"""
)

RESTORE = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: the id of a snapshot. Returns 0 for an unknown snapshot. If the snapshot is the base,
-- only the records changed since are restored: a reset costs the number of changes, not of records.
local id = ARGV[1]
local from = snapshots .. id .. ':'
if not is_snapshot(id) then return 0 end

local function bring_back(name)
  for _, key in ipairs(call('SMEMBERS', changed(name))) do
    local value = call('HGET', records(from, name), key)
    if value then
      call('HSET', records(live, name), key, value)
      call('ZADD', order(live, name), 0, key)
    else
      call('HDEL', records(live, name), key)
      call('ZREM', order(live, name), key)
    end
  end
end

if call('HGET', live .. 'meta', 'base') == id then
  for _, name in ipairs(call('SMEMBERS', live .. 'changed')) do bring_back(name) end
else
  clear(live)
  copy(from, live)
  call('HSET', live .. 'meta', 'base', id)
end
forget_changes()
bump()
return 1
"""
)

STAGE = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: place, collection, seconds until the place expires, then alternating keys and records.
-- Returns the number of uploaded records of the collection.
local place, name, seconds = ARGV[1], ARGV[2], ARGV[3]
for i = 4, #ARGV, 2 do
  call('HSET', records(place, name), ARGV[i], ARGV[i + 1])
  call('ZADD', order(place, name), 0, ARGV[i])
end
call('EXPIRE', records(place, name), seconds)
call('EXPIRE', order(place, name), seconds)
return call('HLEN', records(place, name))
"""
)

UPLOAD_FUNCTIONS = (
    COMMON_FUNCTIONS
    + r"""
-- The scripts below end with alternating collections and sizes. A staged collection may expire
-- during an upload, so all sizes are checked before the first key is moved.
local function is_complete(staged, from)
  for i = from, #ARGV, 2 do
    local name, size = ARGV[i], tonumber(ARGV[i + 1])
    if call('HLEN', records(staged, name)) ~= size then return false end
    if call('ZCARD', order(staged, name)) ~= size then return false end
  end
  return true
end

local function move(staged, to, from)
  for i = from, #ARGV, 2 do
    local name = ARGV[i]
    for _, where in ipairs({records, order}) do
      call('RENAME', where(staged, name), where(to, name))
      call('PERSIST', where(to, name))
    end
    call('SADD', to .. 'names', name)
  end
end
"""
)

REPLACE = (
    UPLOAD_FUNCTIONS
    + r"""
-- Arguments: the staged place, collections and sizes. Returns 0 if the upload is incomplete.
if not is_complete(ARGV[1], 2) then return 0 end
clear(live)
move(ARGV[1], live, 2)
call('HDEL', live .. 'meta', 'base')
forget_changes()
bump()
return 1
"""
)

PUBLISH = (
    UPLOAD_FUNCTIONS
    + r"""
-- Arguments: the staged place, the id of a snapshot, collections and sizes. Returns 0 if the upload
-- is incomplete. If another process has published the id already, the upload is removed.
local staged, id = ARGV[1], ARGV[2]
if is_snapshot(id) then
  for i = 3, #ARGV, 2 do call('UNLINK', records(staged, ARGV[i]), order(staged, ARGV[i])) end
  return 1
end
if not is_complete(staged, 3) then return 0 end
move(staged, snapshots .. id .. ':', 3)
call('HSET', snapshots .. id .. ':meta', 'holders', 1)
return 1
"""
)

DROP = (
    COMMON_FUNCTIONS
    + r"""
clear(live)
forget_changes()
call('UNLINK', live .. 'meta')
"""
)

DROP_SNAPSHOT = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: the id of a snapshot. Returns 0 for an unknown snapshot.
local id = ARGV[1]
if not is_snapshot(id) then return 0 end
local place = snapshots .. id .. ':'
if call('HINCRBY', place .. 'meta', 'holders', -1) > 0 then return 1 end
clear(place)
call('UNLINK', place .. 'meta')
return 1
"""
)
