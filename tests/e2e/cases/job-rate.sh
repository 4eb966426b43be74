# A rate instead of users: starts on a schedule, counted out by --requests, with three latencies.
. "$E2E/lib.sh"
demo
before=$(served)
run loadtest --profiles none --url "http://$http/json" --rate 200/s --requests 300 --out run
files
check counts run "$http" "$before"
check load run
check holds run 'all were sent' "run['load']['window']['requests'] == 300"
check holds run 'none sooner than the schedule says' "run['load']['window']['seconds'] >= 299 / 200"
check holds run 'response latency is from when each was due' \
	"run['load']['window']['response_latency']['p50_us'] >= run['load']['window']['service_latency']['p50_us']"
check holds run 'and there is a lag' "run['load']['window']['schedule_lag']['count'] == 300"
