# A load generator that has to share a core with others is called saturated, in five runs of five, and the reason is
# that it waited for that core.
. "$E2E/lib.sh"
demo
core=$(taskset -pc $$ | sed -E 's/.*: ([0-9]+).*/\1/')
for _ in 1 2 3; do
	taskset -c "$core" sh -c 'while :; do :; done' &
	servers+=($!)
done
for i in 1 2 3 4 5; do
	taskset -c "$core" "$PROGRAM" loadtest --profiles none --quiet --url "http://$http/json" --vus 32 \
		--ramp 0s --settle 0s --window 1s --out "run$i" >"$AUX/out"
	check holds "run$i" "run $i of 5 was starved" "run['load']['saturated'] and
		'waited for a core' in run['load']['saturated_reason'] and run['verdict']['verdict'] == 'not trusted'"
	grep -q '^  fail     load generator saturated: thread lg-0 waited for a core [0-9]* % of the time: ' "$AUX/out" &&
		echo '  and the summary says why'
done
