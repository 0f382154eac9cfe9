-- wrk: each request of the file named on the command line ("PATH BODY" a line) once, then the end.
local requests, sent = {}, 0

function init(args)
  local form = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  for line in io.lines(args[1]) do
    local path, body = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = wrk.format("POST", path, form, body)
  end
end

function request()
  sent = sent + 1
  if sent > #requests then
    io.stderr:write("wrk ran out of requests\n")
    os.exit(3)
  end
  return requests[sent]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format('{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, failed.status, failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
