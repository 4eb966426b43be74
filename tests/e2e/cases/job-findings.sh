# What the profiles mean: findings in the CPU profile, in the run as explain tells them afterwards.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 8 --ramp 0s --settle 0s --window 4s --slice 1s \
	--out run
check findings run "$PROGRAM" allocation main.makeItems
check holds run 'four slices say how much a figure varies' "all(f['overdispersion'] >= 1 for f in run['cpu']['functions'])"
