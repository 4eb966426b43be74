# Goroutines and memory that stay behind once the load has ended and the service has had time to cool down.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/leak" --vus 8 --ramp 0s --settle 0s --window 2s \
	--profiles goroutine,heap,allocs --cooldown 1s --out leak
files
check holds leak 'the workers that stay are suspected' "[g['suspect'] for g in run['goroutine_groups']
	if g['stack'][0].startswith('main.leakedWorker')] == ['leak'] and run['goroutines']['after'] > run['goroutines']['idle']"
check holds leak 'nothing else is' "sum(g['suspect'] != '' for g in run['goroutine_groups']) == 1"
check holds leak 'bytes in use are known before, in and after the load' "all(n in run['memory'] for n in
	('inuse_bytes_idle', 'inuse_bytes', 'inuse_bytes_after'))"
check holds leak 'they were looked at after the load, and the time to cool down' "all(c['captured'] and
	c['begin']['monotonic_ns'] >= at['load_stopped']['monotonic_ns'] + 1e9 for c in run['after_captures'])"
run loadtest --pprof-url "http://$pprof" --url "http://$http/" --vus 8 --ramp 0s --settle 0s --window 1s \
	--profiles goroutine --cooldown 1s --out healthy
check holds healthy 'a service that leaves none is not suspected' "not any(g['suspect'] for g in run['goroutine_groups'])"
run loadtest --pprof-url "http://$pprof" --url "http://$http/" "${quick[@]}" --cooldown 1s --profiles cpu
