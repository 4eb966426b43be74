# Replaces what varies from run to run; ports and folders are replaced by name before (lib.sh: name).
s/pprof-runs\/[0-9]{8}-[0-9]{6}-/pprof-runs\/TIME-/g
s/\.partial-[0-9A-Za-z]+/.partial-ID/g

s/ port [0-9]{4,5}:/ port PORT:/
s/kubectl-pprof\/[0-9.]+/kubectl-pprof\/VERSION/

# the summary
s/^(Window  +).*: .* requests, .*\/s, (.* failed)$/\1TIME: N requests, N\/s, \2/
s/(N\/s, )[1-9].* failed$/\1N failed/
/^Failed /s/ [0-9]+ / N /g
s/^(Response|Lag) .* max .*/\1 p50 TIME  p90 TIME  p95 TIME  p99 TIME  p99.9 TIME  max TIME/
s/^  (ok|warn) +(requests left on schedule|1% of the requests left).*/  LEVEL    (the schedule)/
s/[0-9.]+(% of the starts were dropped)/N\1/
s/^Latency .* max .*/Latency    p50 TIME  p90 TIME  p95 TIME  p99 TIME  p99.9 TIME  max TIME/
s/^(CPU  +).* in .* \(.* cores\), .* samples; .* of CPU a request/\1TIME in TIME (N cores), N samples; TIME of CPU a request/
/^ +[0-9.]+[nmu]?s +[0-9.]+% +[0-9.]+% /d
/^Findings /d
/^ +[0-9.]+% ± *[0-9]+%  [a-z-]+: /d
/^  and [0-9]+ more$/d
/^Memory /d
s/^(  (leak|stall|deadlock|blocked for ever): )[0-9]+ before, [0-9]+ under load(, [0-9]+ after)?/\1N before, N under load, N after/
s/\(work\.go:[0-9]+\)/(work.go:LINE)/
/^ +[0-9.]+ [KMGT]?i?B (±|more)/d
/^Goroutines /s/ [0-9]+ / N /g

# how many are in flight when a signal comes is chance; stop-in-flight looks at the line itself
/^In flight /d

# checks whose level hangs on how fast the machine is
s/^(Verdict +).*trusted.*/\1(VERDICT)/
s/^  (ok|warn) +(rate steady before.*|not known if the rate.*|rate not steady within.*)/  LEVEL    (how steady)/
s/^  (ok|fail) +load generator (had room|saturated).*/  LEVEL    (the generator)/
s/^  (ok|warn) +(only )?[0-9]+ CPU samples.*/  LEVEL    (CPU samples)/
s/ incomplete, [0-9]+ of [0-9]+ slices:/ incomplete, N of N slices:/
s/^(  ok +0 of )[0-9]+ (requests)/\1N \2/
s/^(  (warn|fail) +)[0-9]+ of [0-9]+ requests failed \(.*%\)/\1N of N requests failed (N%)/

# a plain progress line inside a phase: only when the phase has lasted five seconds
/^(idle|ramp|settle|capture) +[0-9]+s( of (at most )?[0-9]+s)?  |^idle +[0-9]+s of [0-9]+s$/d
