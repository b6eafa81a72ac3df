"""The Lua scripts of the shared state: Redis runs each script as one atomic step.

The first key is a place, the beginning of the names of all keys of a workspace:

- ``<place>control``: a hash of ``version``, which grows with each change of what is fetched at the
  beginning of requests; ``epoch``, the version that failpoints last changed with; ``clock`` and
  ``settings``; ``origin``, the snapshot that it last began with; counters of ids (``ids``),
  failpoints (``declared``) and exchanges (``exchanges``); and the bytes that the exchanges take
  (``size``). A workspace is there while this hash is.
- ``<place>failpoints``: a list of their declarations, each behind its id
- ``<place>counts``: a hash of what was counted of failpoints: ``<id>:seen``, ``:met``, ``:drawn``
- ``<place>journal``: a list of exchanges, each behind its number and its size
- ``<place>snapshots``: a hash of snapshots by name
- ``<place>data:...``: the records

Or, of the scripts about all workspaces, it is the root, the beginning of all keys:

- ``<root>incarnations``: a hash from names of workspaces to ids that no two ever had, so that what
  comes too late for one that was freed does not meet the next one of its name
- ``<root>used``: a sorted set of names by the time of their last use, in seconds
- ``<root>owners``: a hash from clients to the workspaces they were assigned to
- ``<root>gone``: a sorted set of the places of freed workspaces by the time at which they are to
  be swept; a second time, after requests that were on their way
- ``<root>journals``: a sorted set of the places of journals by the time of their last exchange
- ``<root>journal_bytes``: the bytes that the exchanges of all journals take
- ``<root>secret``: what keys of tokens are derived from
- ``<root>workspace:<name>:<incarnation>:``: a place
"""

COMMON = r"""
local call = redis.call
local place = KEYS[1]
-- The root of a place, or the root itself: names of workspaces have no colon.
local root = string.match(place, '^(.-)workspace:') or place

local function control(name) return call('HGET', place .. 'control', name) end
local function is_there() return call('EXISTS', place .. 'control') == 1 end

local function now()
  local time = call('TIME')
  return time[1] .. string.format('%06d', time[2])
end

-- Never less than the time, so that none comes again after Redis has lost what it did last.
local function bump()
  local version = math.max(tonumber(now()), (tonumber(control('version')) or 0) + 1)
  version = string.format('%.0f', version)
  call('HSET', place .. 'control', 'version', version)
  return version
end

local function declare(from)
  local ids = {}
  for i = from, #ARGV do
    local id = call('HINCRBY', place .. 'control', 'declared', 1)
    call('RPUSH', place .. 'failpoints', id .. '\n' .. ARGV[i])
    ids[#ids + 1] = id
  end
  call('HSET', place .. 'control', 'epoch', bump())
  return ids
end

local function forget_failpoints()
  call('UNLINK', place .. 'failpoints', place .. 'counts')
  call('HSET', place .. 'control', 'declared', 0)
end

-- All that takes bytes from a journal, or adds some, counts them in the sum of all journals too.
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
  forget_failpoints()
  declare(from + 3)
end
"""

SEE = (
    COMMON
    + r"""
-- Returns the versions of control and of records, nil where there are none.
return {control('version'), call('HGET', place .. 'data:meta', 'version')}
"""
)

FETCH = (
    COMMON
    + r"""
-- Returns version, clock, settings and epoch, each nil in a workspace that is gone, and failpoints.
local state = call('HMGET', place .. 'control', 'version', 'clock', 'settings', 'epoch')
state[5] = call('LRANGE', place .. 'failpoints', 0, -1)
return state
"""
)

RESET = (
    COMMON
    + r"""
-- Arguments: origin, clock, settings and failpoints of the start.
if is_there() then start(1) end
"""
)

PERMIT = (
    COMMON
    + r"""
-- Argument: settings.
if is_there() then
  call('HSET', place .. 'control', 'settings', ARGV[1])
  bump()
end
"""
)

MOVE_CLOCK = (
    COMMON
    + r"""
-- Arguments: the clock as it was, and as it is to be. Returns 0 if it was another one.
if not is_there() then return 1 end
if control('clock') ~= ARGV[1] then return 0 end
call('HSET', place .. 'control', 'clock', ARGV[2])
bump()
return 1
"""
)

RESET_CLOCK = (
    COMMON
    + r"""
-- Argument: the clock of the start.
if is_there() then
  call('HSET', place .. 'control', 'clock', ARGV[1], 'ids', 0)
  bump()
end
"""
)

COUNT_ID = (
    COMMON
    + r"""
-- Returns the number of the next id, 0 in a workspace that is gone.
if not is_there() then return 0 end
return call('HINCRBY', place .. 'control', 'ids', 1)
"""
)

RECORD = (
    COMMON
    + r"""
-- Arguments: how many exchanges a journal keeps, how many bytes, and how many bytes all journals
-- keep together; the size of a new exchange, and the exchange. Returns its number, 0 in a workspace
-- that is gone.
if not is_there() then return 0 end
local capacity, most, most_of_all = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
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
while length > capacity or (length > 1 and size > most) do
  drop_oldest(place)
  size, length = tonumber(control('size')), length - 1
end
-- Others make room first, the one written to longest ago before the rest: its test may be over.
while tonumber(call('GET', root .. 'journal_bytes')) > most_of_all do
  local other = call('ZRANGE', journals, 0, 0)[1]
  if not other or other == place then break end
  if not drop_oldest(other) then call('ZREM', journals, other) end
end
return number
"""
)

FORGET_EXCHANGES = (
    COMMON
    + r"""
if is_there() then forget_exchanges() end
"""
)

FIND_ERRORS = (
    COMMON
    + r"""
-- Returns the exchanges that are marked as errors.
local found = {}
for _, exchange in ipairs(call('LRANGE', place .. 'journal', 0, -1)) do
  if string.find(exchange, '^%d+ %d+ !') then found[#found + 1] = exchange end
end
return found
"""
)

BOUNDED = (
    COMMON
    + r"""
-- Arguments of what follows: how many failpoints a workspace may have, how many bytes their
-- declarations may take, and declarations to be added. Returns whether they fit beside others.
local function fit_beside(others)
  local number, size = #others + #ARGV - 2, 0
  for _, failpoint in ipairs(others) do
    size = size + #failpoint - string.find(failpoint, '\n', 1, true)  -- behind its id
  end
  for i = 3, #ARGV do size = size + #ARGV[i] end
  return number <= tonumber(ARGV[1]) and size <= tonumber(ARGV[2])
end
"""
)

DECLARE = (
    BOUNDED
    + r"""
-- Returns the ids of the new failpoints, nil if they are too many.
if not is_there() then return {} end
if not fit_beside(call('LRANGE', place .. 'failpoints', 0, -1)) then return nil end
return declare(3)
"""
)

REPLACE_FAILPOINTS = (
    BOUNDED
    + r"""
-- Returns the ids of the new failpoints, nil if they are too many. Ids go on, so that what another
-- process still counts of an old failpoint is not counted of a new one.
if not is_there() then return {} end
if not fit_beside({}) then return nil end
call('UNLINK', place .. 'failpoints', place .. 'counts')
return declare(3)
"""
)

CLEAR_FAILPOINTS = (
    COMMON
    + r"""
if is_there() then
  call('UNLINK', place .. 'failpoints', place .. 'counts')
  declare(1)
end
"""
)

RESET_FAILPOINTS = (
    COMMON
    + r"""
-- Arguments: those of the start.
if is_there() then
  forget_failpoints()
  declare(1)
end
"""
)

DELETE_FAILPOINT = (
    COMMON
    + r"""
-- Argument: an id. Returns 0 if there is no such failpoint.
local id = ARGV[1]
for _, failpoint in ipairs(call('LRANGE', place .. 'failpoints', 0, -1)) do
  if string.sub(failpoint, 1, #id + 1) == id .. '\n' then
    call('LREM', place .. 'failpoints', 1, failpoint)
    call('HDEL', place .. 'counts', id .. ':seen', id .. ':met', id .. ':drawn')
    call('HSET', place .. 'control', 'epoch', bump())
    return 1
  end
end
return 0
"""
)

TAKE = (
    COMMON
    + r"""
-- Arguments: the epoch, then six for each failpoint that a request fits: id, nth, times (0 for
-- any), how many numbers of its dice were drawn (-1 where nobody counts), whether the next one
-- applies it, and how many more are drawn then. Returns what came of it: {'met', id}, {'none'},
-- {'stale'} if the epoch is another, or {'drawn', number for each}, with nothing counted, if other
-- numbers are next.
if control('epoch') ~= ARGV[1] then return {'stale'} end

local function count(id, name) return tonumber(call('HGET', place .. 'counts', id .. name)) or 0 end
local function add(id, name, by) return call('HINCRBY', place .. 'counts', id .. name, by) end

local drawn, same = {'drawn'}, true
for i = 2, #ARGV, 6 do
  local actual, expected = count(ARGV[i], ':drawn'), tonumber(ARGV[i + 3])
  drawn[#drawn + 1] = actual
  same = same and (expected < 0 or expected == actual)
end
if not same then return drawn end

for i = 2, #ARGV, 6 do
  local id, nth, times = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local before = tonumber(ARGV[i + 3])
  local seen = add(id, ':seen', 1)
  if (nth == 0 or nth == seen) and (times == 0 or count(id, ':met') < times) then
    if before >= 0 then add(id, ':drawn', 1) end
    if ARGV[i + 4] == '1' then
      add(id, ':met', 1)
      if before >= 0 then add(id, ':drawn', ARGV[i + 5]) end
      return {'met', id}
    end
  end
end
return {'none'}
"""
)

SAVE_SNAPSHOT = (
    COMMON
    + r"""
-- Arguments: name, snapshot, how many there may be. Returns 'saved', 'full' or 'gone', the last of
-- a workspace that was freed; and the replaced snapshot, empty if there was none.
local before = call('HGET', place .. 'snapshots', ARGV[1])
if not is_there() then return {'gone', ''} end
local number = call('HLEN', place .. 'snapshots')
if not before and number >= tonumber(ARGV[3]) then return {'full', ''} end
call('HSET', place .. 'snapshots', ARGV[1], ARGV[2])
return {'saved', before or ''}
"""
)

DELETE_SNAPSHOT = (
    COMMON
    + r"""
-- Argument: a name. Returns what was kept under it.
local found = call('HGET', place .. 'snapshots', ARGV[1])
call('HDEL', place .. 'snapshots', ARGV[1])
return found
"""
)

EMPTY = (
    COMMON
    + r"""
-- Removes all but records. Returns the snapshots, which nobody else gets.
local snapshots = call('HVALS', place .. 'snapshots')
for _, name in ipairs({'control', 'failpoints', 'counts', 'journal', 'snapshots'}) do
  call('UNLINK', place .. name)
end
return snapshots
"""
)

OF_ALL = (
    COMMON
    + r"""
local function find(name)
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

local function free(name)
  local found = find(name)
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

LOOK = r"""
-- Arguments: the name of a workspace, empty if only the client counts; the client; and 1 if that
-- is a use. Returns the name, and if there is such a workspace its incarnation and the versions of
-- control and of records. It is run by each request, and so without the functions of others.
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

ROOM = (
    OF_ALL
    + r"""
-- The names of all workspaces but the default one, the least recently used first, each followed
-- by the time of its last use. The default one is never freed.
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

-- How many workspaces have to be freed before another one may be made.
local function surplus(limit) return call('ZCARD', root .. 'used') + 1 - tonumber(limit) end

-- After how many seconds there is room for another workspace: 0 is at once. Whole seconds, since
-- Redis cuts off the fraction of a number that a script returns.
local function find_wait(limit, protected)
  local last = by_use()[2 * surplus(limit)]
  if surplus(limit) <= 0 or not last then return 0 end
  return math.max(0, math.ceil(tonumber(last) + tonumber(protected) - seconds()))
end
"""
)

ENTER = (
    ROOM
    + r"""
-- Arguments: name and incarnation of a workspace whose records are there; how many workspaces
-- there may be; for how many seconds after its last use none is freed; after how many seconds one
-- is freed; origin, clock, settings, failpoints. Returns after how many seconds there is room, 0 if
-- there was. If others were faster, theirs counts, and these records are freed, as they are where
-- there is no room.
local name, incarnation, limit, protected, age = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local ours = root .. 'workspace:' .. name .. ':' .. incarnation .. ':'
local wait = find(name) and 0 or find_wait(limit, protected)
if find(name) or wait > 0 then
  call('ZADD', root .. 'gone', 0, ours)
  return wait
end
local others, too_many = by_use(), surplus(limit)
for i = 1, #others, 2 do
  local is_old = seconds() - tonumber(others[i + 1]) > tonumber(age)
  if i < 2 * too_many or is_old then free(others[i]) end
end
call('ZREM', root .. 'gone', ours)
call('HSET', root .. 'incarnations', name, incarnation)
use(name)
place = ours
start(6)
return 0
"""
)

EXPECT = (
    ROOM
    + r"""
-- Arguments: a place that is to be filled; after how many seconds it is swept if nobody has entered
-- it by then; how many workspaces there may be; for how many seconds after its last use none is
-- freed. Returns after how many seconds there is room; unless that is 0, nothing is expected.
local wait = find_wait(ARGV[3], ARGV[4])
if wait == 0 then call('ZADD', root .. 'gone', seconds() + ARGV[2], ARGV[1]) end
return wait
"""
)

FREE = (
    OF_ALL
    + r"""
-- Argument: a name. Returns 0 if there is no such workspace.
return free(ARGV[1])
"""
)

AGREE = (
    OF_ALL
    + r"""
-- Argument: a secret, in case that there is none yet. Returns that of all processes.
call('SET', root .. 'secret', ARGV[1], 'NX')
return call('GET', root .. 'secret')
"""
)

ASSIGN = (
    OF_ALL
    + r"""
-- Arguments: the name of a workspace; how many clients all workspaces may have; the clients that
-- belong to it from now on. Returns 0, and changes nothing, if there would be too many.
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

IDLE = (
    OF_ALL
    + r"""
-- Argument: a name. Returns for how many microseconds it was not used.
local used = call('ZSCORE', root .. 'used', ARGV[1])
return used and math.floor((seconds() - tonumber(used)) * 1000000) or 0
"""
)

LIST_GONE = (
    OF_ALL
    + r"""
-- Argument: seconds until a place is swept again. Returns the places that are due, which are put
-- off until then; after the second time they are forgotten.
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
