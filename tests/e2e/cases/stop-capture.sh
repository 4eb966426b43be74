# Interrupted in the capture: the slices that came are merged and kept, and the load stopped with them.
. "$E2E/lib.sh"
demo
standin proxy "$pprof" "$AUX/asked"
for signal in INT TERM HUP; do
	: >"$AUX/asked"
	start loadtest --pprof-url "http://$standin" --url "http://$http/cpu?us=2000" --vus 2 --think 5ms --ramp 0s \
		--settle 0s --window 60s --slice 1s --out "$signal"
	await_slice "$AUX/asked"
	send "$signal"
	finish
	files
	check profiles "$(rundir)" main.burn
	check load "$(rundir)"
	partial
	check holds "$(rundir)" 'the CPU profile says so too' "any(c['file'] == 'cpu.pb.gz' and c['partial'] for c in run['captures'])"
	profiler_free
done
served=$(served)
sleep 0.5
[ "$(served)" = "$served" ] && echo 'nobody sends any more'
