# A handler that burns CPU is what its profile shows first; the options of the load reach it.
. "$E2E/lib.sh"
demo
before=$(served)
run loadtest --pprof-url "http://$pprof/" --url "http://$http/cpu?us=2000" --vus 2 --think 5ms --ramp 0s --settle 0s \
	--window 2s --slice 1s --top 1 --out run
check slices run
check profiles run main.burn main.serveCPU
check table run "$AUX/out" 1
check holds run 'the first function is main.burn' "run['cpu']['functions'][0]['function'] == 'main.burn'"
check counts run "$http" "$before"
check load run
