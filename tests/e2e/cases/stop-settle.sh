# Interrupted while the rate settles, which one request does not; without --out, in the usual place.
. "$E2E/lib.sh"
demo
for signal in INT TERM HUP; do
	start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 1 --think 1h --ramp 0s --settle 1h
	await settle
	send "$signal"
	finish
	files
	check load "$(rundir)"
	partial
	rm -r "$(rundir)"
done
