"""The Lua scripts of the shared state: Redis runs each script as a single atomic step.

The first key of a script is a place or the root. A place is the beginning of the names of all keys
of a workspace:

- ``<place>control``: a hash. ``version`` grows with each change of the state fetched by requests.
  ``clock`` and ``settings`` are JSON. ``origin`` is the id of the snapshot of the last start or
  reset. ``ids`` and ``exchanges`` count ids and exchanges. ``size`` is the size of all exchanges in
  bytes. ``failpoints:epoch`` is the version of the last change of failpoints, and
  ``failpoints:declared`` counts failpoints; stubs have the same.
  The workspace exists as long as this hash.
- ``<place>failpoints``, ``<place>stubs``: lists of declarations: id, newline and JSON
- ``<place>failpoints:counts``, ``<place>stubs:counts``: hashes of the counts: ``<id>:seen``,
  ``:applied``, ``:drawn``
- ``<place>journal``: a list of exchanges: number, size and the encoded exchange
- ``<place>snapshots``: a hash of snapshots by name
- ``<place>data:...``: the records

The root is the beginning of the names of all keys, for the scripts about all workspaces:

- ``<root>incarnations``: a hash of random ids by the name of the workspace. A new workspace has a
  new id. So a late write for a deleted workspace does not reach a new workspace with the same name.
- ``<root>used``: a sorted set of names by the time of the last use, in seconds
- ``<root>owners``: a hash of the names of workspaces by the assigned client
- ``<root>gone``: a sorted set of the places of deleted workspaces by the time of the next sweep. A
  place is swept twice: late requests may have written keys after the first sweep.
- ``<root>journals``: a sorted set of the places of journals by the time of the last exchange
- ``<root>journal_bytes``: the size of the exchanges of all journals
- ``<root>secret``: the source of the keys of tokens
- ``<root>workspace:<name>:<incarnation>:``: a place
"""

COMMON_FUNCTIONS = r"""
local call = redis.call
local place = KEYS[1]
-- The root of a place, or the root itself. The match is exact: a workspace name has no colon.
local root = string.match(place, '^(.-)workspace:') or place

local function control(name) return call('HGET', place .. 'control', name) end
local function is_there() return call('EXISTS', place .. 'control') == 1 end

local function now()
  local time = call('TIME')
  return time[1] .. string.format('%06d', time[2])
end

-- A version is at least the time in microseconds. So if Redis loses its last writes, the versions
-- of the lost writes never return with other content.
local function bump()
  local version = math.max(tonumber(now()), (tonumber(control('version')) or 0) + 1)
  version = string.format('%.0f', version)
  call('HSET', place .. 'control', 'version', version)
  return version
end

-- Rules are failpoints or stubs: ``kind`` is the name of the list.
local function declare(kind, from, to)
  local ids = {}
  for i = from, to do
    local id = call('HINCRBY', place .. 'control', kind .. ':declared', 1)
    call('RPUSH', place .. kind, id .. '\n' .. ARGV[i])
    ids[#ids + 1] = id
  end
  call('HSET', place .. 'control', kind .. ':epoch', bump())
  return ids
end

local function remove_rules(kind) call('UNLINK', place .. kind, place .. kind .. ':counts') end

local function begin_with_rules(kind, from, to)
  remove_rules(kind)
  call('HSET', place .. 'control', kind .. ':declared', 0)
  declare(kind, from, to)
end

-- Every change of a journal goes through here, so that the sum of all journals stays right.
local function count_bytes(of, bytes)
  call('INCRBY', root .. 'journal_bytes', bytes)
  return call('HINCRBY', of .. 'control', 'size', bytes)
end

local function forget_exchanges_of(of)
  call('UNLINK', of .. 'journal')
  count_bytes(of, 0 - (call('HGET', of .. 'control', 'size') or 0))
  call('HSET', of .. 'control', 'exchanges', 0)
  call('ZREM', root .. 'journals', of)
end

local function forget_exchanges() forget_exchanges_of(place) end

local function start(from)
  local origin, clock, settings = ARGV[from], ARGV[from + 1], ARGV[from + 2]
  call('HSET', place .. 'control', 'origin', origin, 'clock', clock, 'settings', settings)
  call('HSET', place .. 'control', 'ids', 0)
  forget_exchanges()
  local stubs = from + 4 + ARGV[from + 3]
  begin_with_rules('failpoints', from + 4, stubs - 1)
  begin_with_rules('stubs', stubs, #ARGV)
end
"""

READ_VERSIONS = (
    COMMON_FUNCTIONS
    + r"""
-- Returns the versions of control and of records, nil in a deleted workspace.
return {control('version'), call('HGET', place .. 'data:meta', 'version')}
"""
)

FETCH_STATE = (
    COMMON_FUNCTIONS
    + r"""
-- Returns version, clock, settings, the epochs of failpoints and stubs, failpoints and stubs; all
-- but the lists nil if deleted.
local names = {'version', 'clock', 'settings', 'failpoints:epoch', 'stubs:epoch'}
local state = call('HMGET', place .. 'control', unpack(names))
state[6] = call('LRANGE', place .. 'failpoints', 0, -1)
state[7] = call('LRANGE', place .. 'stubs', 0, -1)
return state
"""
)

RESET_WORKSPACE = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: origin, clock, settings, the number of failpoints, failpoints and stubs of the start.
if is_there() then start(1) end
"""
)

SET_PERMISSIONS = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: settings.
if is_there() then
  call('HSET', place .. 'control', 'settings', ARGV[1])
  bump()
end
"""
)

MOVE_CLOCK = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: the expected clock, and the new clock. Returns 0 if the clock differs: another process
-- has moved the clock, and the caller computes the new clock again.
if not is_there() then return 1 end
if control('clock') ~= ARGV[1] then return 0 end
call('HSET', place .. 'control', 'clock', ARGV[2])
bump()
return 1
"""
)

RESET_CLOCK = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: the clock of the start.
if is_there() then
  call('HSET', place .. 'control', 'clock', ARGV[1], 'ids', 0)
  bump()
end
"""
)

COUNT_ID = (
    COMMON_FUNCTIONS
    + r"""
-- Returns the number of the next id, 0 in a deleted workspace.
if not is_there() then return 0 end
return call('HINCRBY', place .. 'control', 'ids', 1)
"""
)

RECORD_EXCHANGE = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: the maximum number of exchanges in a journal, the maximum bytes of a journal, and of
-- all journals; the size of a new exchange, and the exchange. Returns the number of the exchange, 0
-- in a deleted workspace.
if not is_there() then return 0 end
local capacity, max_bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local max_bytes_of_all = tonumber(ARGV[3])
local journals = root .. 'journals'

local function drop_oldest(of)
  local dropped = call('LPOP', of .. 'journal')
  if not dropped then return false end
  count_bytes(of, 0 - string.match(dropped, '^%d+ (%d+) '))
  return true
end

local number = call('HINCRBY', place .. 'control', 'exchanges', 1)
local length = call('RPUSH', place .. 'journal', number .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
local size = count_bytes(place, ARGV[4])
call('ZADD', journals, now(), place)
while length > capacity or (length > 1 and size > max_bytes) do
  drop_oldest(place)
  size, length = tonumber(control('size')), length - 1
end
-- The other journals make room, in the order of their last exchange: the test of an old journal is
-- probably over. The journal of this request alone is below its own bound.
while tonumber(call('GET', root .. 'journal_bytes')) > max_bytes_of_all do
  local other = call('ZRANGE', journals, 0, 0)[1]
  if not other or other == place then break end
  if not drop_oldest(other) then call('ZREM', journals, other) end
end
return number
"""
)

FORGET_EXCHANGES = (
    COMMON_FUNCTIONS
    + r"""
if is_there() then forget_exchanges() end
"""
)

FIND_ERRORS = (
    COMMON_FUNCTIONS
    + r"""
-- Returns the exchanges with the mark of errors. The mark saves the decoding of all exchanges.
local found = {}
for _, exchange in ipairs(call('LRANGE', place .. 'journal', 0, -1)) do
  if string.find(exchange, '^%d+ %d+ !') then found[#found + 1] = exchange end
end
return found
"""
)

RULE_BOUNDS = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments of the scripts below: the kind, the maximum number of rules in a workspace, the maximum
-- bytes of the declarations, and new declarations. Returns true if the new ones fit beside the
-- others.
local kind = ARGV[1]
local function fit_beside(others)
  local number, size = #others + #ARGV - 3, 0
  for _, rule in ipairs(others) do
    size = size + #rule - string.find(rule, '\n', 1, true)  -- without the id
  end
  for i = 4, #ARGV do size = size + #ARGV[i] end
  return number <= tonumber(ARGV[2]) and size <= tonumber(ARGV[3])
end
"""
)

ADD_RULES = (
    RULE_BOUNDS
    + r"""
-- Returns the ids of the new rules, nil for too many rules.
if not is_there() then return {} end
if not fit_beside(call('LRANGE', place .. kind, 0, -1)) then return nil end
return declare(kind, 4, #ARGV)
"""
)

REPLACE_RULES = (
    RULE_BOUNDS
    + r"""
-- Returns the ids of the new rules, nil for too many rules. Ids are not used again: another process
-- may still count an old rule.
if not is_there() then return {} end
if not fit_beside({}) then return nil end
remove_rules(kind)
return declare(kind, 4, #ARGV)
"""
)

CLEAR_RULES = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: the kind.
if is_there() then
  remove_rules(ARGV[1])
  declare(ARGV[1], 1, 0)
end
"""
)

RESET_RULES = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: the kind, and the rules of the start.
if is_there() then begin_with_rules(ARGV[1], 2, #ARGV) end
"""
)

DELETE_RULE = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: the kind, and an id. Returns 0 for an unknown rule.
local kind, id = ARGV[1], ARGV[2]
for _, rule in ipairs(call('LRANGE', place .. kind, 0, -1)) do
  if string.sub(rule, 1, #id + 1) == id .. '\n' then
    call('LREM', place .. kind, 1, rule)
    call('HDEL', place .. kind .. ':counts', id .. ':seen', id .. ':applied', id .. ':drawn')
    call('HSET', place .. 'control', kind .. ':epoch', bump())
    return 1
  end
end
return 0
"""
)

TAKE_RULE = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: the kind, the epoch, then six for each rule with fitting conditions:
--   id, nth, times (both 0 for any), the number of random numbers drawn so far (-1 without a seed),
--   1 if the next random number lets the rule apply, and the random numbers of the step itself.
-- Returns {'applied', id, number} for the first rule that applies, with the number of applications;
-- or {'none'}. Returns {'stale'} if the rules have changed, and {'drawn', number, ...} if other
-- processes have drawn numbers: then nothing is counted, and the caller draws as many numbers and
-- calls again. So the processes together use the random numbers of a seed one after the other,
-- although Lua cannot draw them.
local kind = ARGV[1]
if control(kind .. ':epoch') ~= ARGV[2] then return {'stale'} end

local counts = place .. kind .. ':counts'
local function count(id, name) return tonumber(call('HGET', counts, id .. name)) or 0 end
local function add(id, name, by) return call('HINCRBY', counts, id .. name, by) end

local drawn, same = {'drawn'}, true
for i = 3, #ARGV, 6 do
  local actual, expected = count(ARGV[i], ':drawn'), tonumber(ARGV[i + 3])
  drawn[#drawn + 1] = actual
  same = same and (expected < 0 or expected == actual)
end
if not same then return drawn end

for i = 3, #ARGV, 6 do
  local id, nth, times = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local drawn_before = tonumber(ARGV[i + 3])
  local seen = add(id, ':seen', 1)
  if (nth == 0 or nth == seen) and (times == 0 or count(id, ':applied') < times) then
    if drawn_before >= 0 then add(id, ':drawn', 1) end
    if ARGV[i + 4] == '1' then
      local applied = add(id, ':applied', 1)
      if drawn_before >= 0 then add(id, ':drawn', ARGV[i + 5]) end
      return {'applied', id, applied}
    end
  end
end
return {'none'}
"""
)

SAVE_SNAPSHOT = (
    COMMON_FUNCTIONS
    + r"""
-- Arguments: name, snapshot, the maximum number of snapshots. Returns 'saved', 'full', or 'gone'
-- for a deleted workspace; and the replaced snapshot, empty for a new name.
local before = call('HGET', place .. 'snapshots', ARGV[1])
if not is_there() then return {'gone', ''} end
local number = call('HLEN', place .. 'snapshots')
if not before and number >= tonumber(ARGV[3]) then return {'full', ''} end
call('HSET', place .. 'snapshots', ARGV[1], ARGV[2])
return {'saved', before or ''}
"""
)

DELETE_SNAPSHOT = (
    COMMON_FUNCTIONS
    + r"""
-- Argument: a name. Returns the deleted snapshot, nil for an unknown name.
local found = call('HGET', place .. 'snapshots', ARGV[1])
call('HDEL', place .. 'snapshots', ARGV[1])
return found
"""
)

DELETE_STATE = (
    COMMON_FUNCTIONS
    + r"""
-- Removes all keys except the records. Returns the snapshots: their contents are dropped by the
-- caller, and by no other process.
local snapshots = call('HVALS', place .. 'snapshots')
for _, name in ipairs({'control', 'journal', 'snapshots'}) do call('UNLINK', place .. name) end
for _, kind in ipairs({'failpoints', 'stubs'}) do remove_rules(kind) end
return snapshots
"""
)

REGISTRY_FUNCTIONS = (
    COMMON_FUNCTIONS
    + r"""
local function find_place(name)
  local incarnation = call('HGET', root .. 'incarnations', name)
  return incarnation and root .. 'workspace:' .. name .. ':' .. incarnation .. ':'
end

local function seconds() return tonumber(now()) / 1000000 end
local function use(name) call('ZADD', root .. 'used', seconds(), name) end

local function disown(name)
  local owners = call('HGETALL', root .. 'owners')
  for i = 1, #owners, 2 do
    if owners[i + 1] == name then call('HDEL', root .. 'owners', owners[i]) end
  end
end

local function delete_workspace(name)
  local found = find_place(name)
  if not found then return 0 end
  call('HDEL', root .. 'incarnations', name)
  call('ZREM', root .. 'used', name)
  call('ZADD', root .. 'gone', 0, found)
  forget_exchanges_of(found)
  call('UNLINK', found .. 'control')
  disown(name)
  return 1
end
"""
)

LOOK_UP = r"""
-- Arguments: the name of a workspace, empty for the workspace of the client; the client; and 1 for
-- a use. Returns the name, and for an existing workspace the incarnation and the versions of
-- control and of records. Each request runs this script, so the common functions are left out: Lua
-- would define all of them again in each run.
local call, root, name = redis.call, KEYS[1], ARGV[1]
if name == '' then name = call('HGET', root .. 'owners', ARGV[2]) or 'default' end
local incarnation = call('HGET', root .. 'incarnations', name)
if not incarnation then return {name} end
if ARGV[3] == '1' then
  local time = call('TIME')
  call('ZADD', root .. 'used', time[1] .. '.' .. string.format('%06d', time[2]), name)
end
local place = root .. 'workspace:' .. name .. ':' .. incarnation .. ':'
return {
  name,
  incarnation,
  call('HGET', place .. 'control', 'version'),
  call('HGET', place .. 'data:meta', 'version'),
}
"""

ROOM_FUNCTIONS = (
    REGISTRY_FUNCTIONS
    + r"""
-- The names of all workspaces except the default, the least recently used first, alternating with
-- the time of the last use. The default workspace is never deleted.
local function by_use()
  local found = call('ZRANGE', root .. 'used', 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do
    if found[i] == 'default' then
      table.remove(found, i)
      table.remove(found, i)
      break
    end
  end
  return found
end

-- The number of workspaces to delete before a new workspace fits.
local function surplus(limit) return call('ZCARD', root .. 'used') + 1 - tonumber(limit) end

-- The seconds until there is room for a new workspace, 0 for room now: until the youngest of the
-- workspaces to delete has not been used for ``protected`` seconds. Whole seconds, since Redis cuts
-- off the fraction of a returned number.
local function find_wait(limit, protected)
  local last = by_use()[2 * surplus(limit)]
  if surplus(limit) <= 0 or not last then return 0 end
  return math.max(0, math.ceil(tonumber(last) + tonumber(protected) - seconds()))
end
"""
)

ENTER_WORKSPACE = (
    ROOM_FUNCTIONS
    + r"""
-- Arguments: name and incarnation of a new workspace, with the records in place already; the
-- maximum number of workspaces; the seconds after a use in which a workspace is not deleted; the
-- seconds without use after which a workspace is deleted; origin, clock, settings, the number of
-- failpoints, failpoints, stubs.
-- Returns the seconds until there is room, 0 on success. If another process has entered a workspace
-- with this name, or there is no room, the records of this place are swept.
local name, incarnation, limit, protected, age = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local ours = root .. 'workspace:' .. name .. ':' .. incarnation .. ':'
local wait = find_place(name) and 0 or find_wait(limit, protected)
if find_place(name) or wait > 0 then
  call('ZADD', root .. 'gone', 0, ours)
  return wait
end
local others, too_many = by_use(), surplus(limit)
for i = 1, #others, 2 do
  local is_old = seconds() - tonumber(others[i + 1]) > tonumber(age)
  if i < 2 * too_many or is_old then delete_workspace(others[i]) end
end
call('ZREM', root .. 'gone', ours)
call('HSET', root .. 'incarnations', name, incarnation)
use(name)
place = ours
start(6)
return 0
"""
)

RESERVE_PLACE = (
    ROOM_FUNCTIONS
    + r"""
-- Arguments: a new place; the seconds until the place is swept, unless a workspace is entered; the
-- maximum number of workspaces; the seconds after a use in which a workspace is not deleted.
-- Returns the seconds until there is room, 0 for room now. The sweep removes the records of a
-- process that dies between the copy of the records and ENTER_WORKSPACE.
local wait = find_wait(ARGV[3], ARGV[4])
if wait == 0 then call('ZADD', root .. 'gone', seconds() + ARGV[2], ARGV[1]) end
return wait
"""
)

DELETE_WORKSPACE = (
    REGISTRY_FUNCTIONS
    + r"""
-- Argument: a name. Returns 0 for an unknown workspace.
return delete_workspace(ARGV[1])
"""
)

AGREE_ON_SECRET = (
    REGISTRY_FUNCTIONS
    + r"""
-- Argument: a new secret. Returns the secret of all processes: the first process sets the secret.
call('SET', root .. 'secret', ARGV[1], 'NX')
return call('GET', root .. 'secret')
"""
)

ASSIGN_CLIENTS = (
    REGISTRY_FUNCTIONS
    + r"""
-- Arguments: the name of a workspace; the maximum number of clients of all workspaces; the new
-- clients of the workspace. Returns 0, and changes nothing, for too many clients.
local owners, given, number = call('HGETALL', root .. 'owners'), {}, #ARGV - 2
for i = 3, #ARGV do given[ARGV[i]] = true end
for i = 1, #owners, 2 do
  if owners[i + 1] ~= ARGV[1] and not given[owners[i]] then number = number + 1 end
end
if number > tonumber(ARGV[2]) then return 0 end
disown(ARGV[1])
for i = 3, #ARGV do call('HSET', root .. 'owners', ARGV[i], ARGV[1]) end
return 1
"""
)

READ_IDLE_TIME = (
    REGISTRY_FUNCTIONS
    + r"""
-- Argument: a name. Returns the microseconds since the last use.
local used = call('ZSCORE', root .. 'used', ARGV[1])
return used and math.floor((seconds() - tonumber(used)) * 1000000) or 0
"""
)

LIST_DELETED_PLACES = (
    REGISTRY_FUNCTIONS
    + r"""
-- Argument: the seconds until the second sweep of a place. Returns the places to sweep now. A place
-- with the score 0 is swept for the first time, and gets the time of the second sweep; any other
-- place is swept for the last time, and forgotten.
local due = call('ZRANGE', root .. 'gone', 0, seconds(), 'BYSCORE', 'WITHSCORES')
local places = {}
for i = 1, #due, 2 do
  places[#places + 1] = due[i]
  if tonumber(due[i + 1]) == 0 then
    call('ZADD', root .. 'gone', seconds() + ARGV[1], due[i])
  else
    call('ZREM', root .. 'gone', due[i])
  end
end
return places
"""
)
