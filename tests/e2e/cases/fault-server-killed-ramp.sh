# The service dies in the ramp: the run goes on to its end, and says what it is worth.
. "$E2E/lib.sh"
demo
rule 's/(Failed +)[0-9].*/\1(CONNECTIONS)/'
start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 5ms --ramp 2s --settle 1s --window 1s \
	--profiles goroutine --out run
await ramp
until [ "$(served)" -gt 5 ]; do sleep 0.02; done
stop_server "$demo" KILL
finish
files
check load run
