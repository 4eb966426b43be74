# SIGINT while the rate is waited for to be steady: nothing is left; the partial run is kept.
. "$CLUSTER/lib.sh"
service
open_port
# too few requests to tell
start loadtest deploy/api --url "http://127.0.0.1:$node_port/" --ramp 1s --vus 2 --think 20s --settle 1h
stopped_in settle INT 130
