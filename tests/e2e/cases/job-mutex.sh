# Time lost at a lock costs little CPU: the mutex profile shows it, and whose lock it is.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/mutex" --vus 16 --ramp 0s --settle 0s --window 2s \
	--profiles cpu,mutex --out run
check holds run 'goroutines wait for the lock that main.holdMutex has' "[f['caller'] for f in run['findings']
	if f['name'] == 'mutex-wait'] == ['main.holdMutex']"
