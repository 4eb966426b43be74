# Answers that are errors are counted, said and shown; --strict makes of the verdict an exit status.
. "$E2E/lib.sh"
demo
options=(--pprof-url "http://$pprof" --url "http://$http/no-such-page" --vus 2 --think 5ms --ramp 0s --settle 0s
	--window 1s --profiles goroutine)
run loadtest "${options[@]}" --out lax
check load lax
check holds lax 'every request failed, with 4xx' "run['load']['window']['failed'] == run['load']['window']['requests'] == run['load']['window']['status']['4xx']"
run loadtest "${options[@]}" --out strict --strict
check holds strict 'the run is not trusted' "run['verdict']['verdict'] == 'not trusted'"
