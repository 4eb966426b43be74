# Interrupted in the idle baseline: the slices that came are kept, nothing runs on.
. "$E2E/lib.sh"
demo
standin proxy "$pprof" "$AUX/asked"
before=$(served)
for signal in INT TERM HUP; do
	: >"$AUX/asked"
	start loadtest --pprof-url "http://$standin" --url "http://$http/json" --baseline 60s --slice 1s --out "$signal"
	await_slice "$AUX/asked"
	send "$signal"
	finish
	files
	check profiles "$(rundir)"
	partial
	profiler_free
done
[ "$(served)" = $((before + 3)) ] && echo 'no load was sent'
