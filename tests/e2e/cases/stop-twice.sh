# A second signal ends the program at once, and leaves no file.
. "$E2E/lib.sh"
demo
export TSAN_OPTIONS="$TSAN_OPTIONS report_thread_leaks=0" # it waits for none then
for phase in idle ramp settle capture; do
	start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 1 --think 1h --ramp 1s --settle 2s \
		--baseline 2s --window 60s
	await "$phase"
	kill -s STOP "$pid" # so that both come before it does anything about the first
	send INT
	send TERM
	kill -s CONT "$pid"
	finish
	ls -A
done
profiler_free
