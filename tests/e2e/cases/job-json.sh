# The main job against a real service: what it says, what it keeps, and that others say the same.
. "$E2E/lib.sh"
demo
before=$(served)
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 8 --ramp 1s --settle 5s --window 3s
files
check profiles "$(rundir)" main.serveJSON main.makeItems
check table "$(rundir)" "$AUX/out" 10
check counts "$(rundir)" "$http" "$before"
check load "$(rundir)"
