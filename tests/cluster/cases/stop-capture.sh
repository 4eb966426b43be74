# SIGINT in the middle of a slice of the CPU profile: nothing is left; the partial run is kept.
. "$CLUSTER/lib.sh"
service
open_port
start loadtest deploy/api --url "http://127.0.0.1:$node_port/" --ramp 1s --vus 2 --settle 1s --window 1h --slice 1h
stopped_in capture INT 130
