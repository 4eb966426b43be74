# A CPU profile of the idle process, before any load, in slices.
. "$E2E/lib.sh"
demo
standin proxy "$pprof" "$AUX/asked"
run loadtest --pprof-url "http://$standin" --url "http://$http/json" --vus 2 --think 2ms --ramp 100ms --settle 0s \
	--baseline 3s --slice 2s --window 1s
files
check profiles "$(rundir)"
grep '^200 .*/profile?' "$AUX/asked"
check holds "$(rundir)" 'the idle profiles were whole before the load' "all(c['captured'] and not c['partial']
	and c['end']['monotonic_ns'] <= at['load_started']['monotonic_ns'] for c in run['idle_captures'])"
check holds "$(rundir)" 'the load has goroutines of its own' "run['goroutines']['idle'] < run['goroutines']['loaded']"
