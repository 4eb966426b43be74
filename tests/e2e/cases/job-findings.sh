# What the profiles mean: findings in the CPU profile, in the run as explain tells them afterwards.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 8 --ramp 0s --settle 0s --window 4s --slice 1s \
	--profiles cpu,goroutine,allocs --out run
check findings run "$PROGRAM" json-reflect main.serveJSON
# 200 items of some 45 KB in all; Go publishes what was allocated with its collections.
check holds run 'a request allocates what its items take' "10e3 < run['memory']['alloc_bytes_per_request'] < 200e3
	and 100 < run['memory']['alloc_objects_per_request'] < 1000
	and run['memory']['functions'][0]['function'] == 'main.makeItems'"
check holds run 'four slices say how much a figure varies' "all(f['overdispersion'] >= 1 for f in run['cpu']['functions'])"
