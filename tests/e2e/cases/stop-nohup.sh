# Where SIGHUP was ignored (nohup), a run outlives its terminal.
. "$E2E/lib.sh"
demo
trap '' HUP
start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 5ms --ramp 1s --settle 0s \
	--window 1s --profiles goroutine --out run
trap - HUP
await ramp
send HUP
finish
check holds run 'the run is whole' "not run['partial']"
