# Interrupted in the ramp: what was counted is kept and adds up.
. "$E2E/lib.sh"
demo
for signal in INT TERM HUP; do
	before=$(served)
	start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 2ms --ramp 60s --out "$signal"
	await ramp
	until [ "$(served)" -gt $((before + 10)) ]; do sleep 0.02; done
	send "$signal"
	finish
	files
	check profiles "$(rundir)"
	check load "$(rundir)"
	partial
done
