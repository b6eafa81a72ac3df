-- The script of wrk in each thread. load.py puts the variables requests, stateful and run above it,
-- and describes the marks $connection, $unique and $state.

local threads = 0
local position = 0
local count = 0
local path = nil
local states = {}

function setup(thread)
  thread:set("connection", string.format("%06d", threads))
  threads = threads + 1
end

local function fill(text)
  return (text:gsub("%$(%a+)", {
    connection = connection,
    unique = run .. "-" .. connection .. "-" .. count,
    state = states[path],
  }))
end

local function write(wanted)
  local headers = {}
  for name, value in pairs(wanted.headers) do headers[name] = fill(value) end
  local body = wanted.body ~= "" and fill(wanted.body) or nil
  return wrk.format(wanted.method, path, headers, body)
end

-- Read the path if the connection has no state of the path yet.
local function read(wanted)
  local headers = {["Authorization"] = wanted.headers["Authorization"]}
  return wrk.format("GET", path, headers)
end

function request()
  local wanted = requests[position % #requests + 1]
  if wanted.written then
    position, path = position + 1, wanted.path
    return wanted.written
  end
  count = count + 1
  path = fill(wanted.path)
  if wanted.stateful and not states[path] then return read(wanted) end
  position = position + 1
  local text = write(wanted)
  if not wanted.changing then wanted.written = text end
  return text
end

if stateful then
  function response(status, headers)
    for name, value in pairs(headers) do
      if name:lower() == "x-dw-resource-state" then states[path] = value end
    end
  end
end
