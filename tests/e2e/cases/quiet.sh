# -q writes nothing to standard error but what went wrong.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" -q --profiles goroutine --out run
run loadtest --pprof-url "http://$pprof" --url "http://127.0.0.1:1/" "${quick[@]}" --quiet
start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 5ms --ramp 60s --quiet --out stopped
until [ "$(served)" -gt 500 ]; do sleep 0.05; done
send INT
finish
