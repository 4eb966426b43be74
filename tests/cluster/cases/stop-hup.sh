# SIGHUP, as when the terminal is closed: nothing is left; the partial run is kept.
. "$CLUSTER/lib.sh"
service
open_port
start loadtest deploy/api --url "http://127.0.0.1:$node_port/" --ramp 1s --vus 2 --settle 1s --window 1h
stopped_in capture HUP 130
