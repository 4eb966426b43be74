# Interrupted while the service cools down: the window is kept, nothing is taken after it.
. "$E2E/lib.sh"
demo
start loadtest --pprof-url "http://$pprof" --url "http://$http/" "${quick[@]}" --cooldown 10m
await cool
send INT
finish
partial
files
check holds "$(rundir)" 'the window was whole' "all(c['captured'] for c in run['captures']) and 'after_captures' not in run"
profiler_free
