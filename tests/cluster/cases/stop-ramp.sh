# SIGINT in the ramp: nothing is left; the partial run is kept.
. "$CLUSTER/lib.sh"
service
open_port
start loadtest deploy/api --url "http://127.0.0.1:$node_port/" --ramp 1h --vus 3000
stopped_in ramp INT 130
