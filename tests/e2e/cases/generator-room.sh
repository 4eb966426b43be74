# A load generator that has room is not called saturated, in five runs of five. Others may use this machine: the
# kernel says whether they kept our threads from running (waits.py), and a run in which they did does not count.
. "$E2E/lib.sh"
demo
first=()
! nice -n -20 true 2>/dev/null || first=(nice -n -20) # where we may, so that fewer runs are disturbed
counted=0
for ((i = 1; counted < 5 && i <= 15; i++)); do
	waited=$(${first[@]+"${first[@]}"} /usr/bin/python3 "$E2E/waits.py" "$PROGRAM" loadtest --profiles none --quiet \
		--url "http://$http/json" --rate 100/s --ramp 0s --settle 0s --window 1s --out "run$i" | tail -n 1)
	read -r most _ <<<"$waited"
	[[ $most > 0.200 ]] && continue
	counted=$((counted + 1))
	check holds "run$i" "run $counted of 5 had room" "run['load']['saturated'] is False and
		[c['level'] for c in run['verdict']['checks'] if c['name'] == 'generator'] == ['ok']"
	check holds "run$i" '  and its threads say so' "all(t['cpu'] < 0.9 and t['run_queue_wait'] < 0.25
		for t in run['load']['threads'])"
done
[ $counted = 5 ] || skip 'others keep this machine too busy'
