# All eight kinds of profiles at once, each valid; then none of them.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/mutex" --vus 4 --think 1ms --ramp 0s --settle 0s \
	--window 2s --slice 1s --top 1 --profiles cpu,goroutine,heap,allocs,mutex,block,threadcreate,trace --out all
files
check profiles all main.holdMutex
head -c 5 all/trace.out | tr -d '\0'
echo
grep -c '^goroutine ' all/goroutine.txt >"$AUX/goroutines" && echo 'goroutine.txt holds goroutines'
check holds all 'all were captured between the window began and the load stopped' "all(c['captured']
	and c['begin']['monotonic_ns'] >= at['window_begin']['monotonic_ns']
	and c['end']['monotonic_ns'] <= at['load_stopped']['monotonic_ns'] for c in run['captures'])"
check holds all 'goroutines were captured in the middle' "all(c['begin']['monotonic_ns'] >= at['window_begin']['monotonic_ns'] + 1e9
	for c in run['captures'] if c['file'].startswith('goroutine'))"
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 5ms --ramp 0s --settle 0s \
	--window 1s --profiles none --out none
files
