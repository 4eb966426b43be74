# SIGINT while the idle pod is captured: nothing is left.
. "$CLUSTER/lib.sh"
service
open_port
start loadtest deploy/api --url "http://127.0.0.1:$node_port/" --baseline 1h --slice 1h --vus 2
reached idle
our_sockets 1
send INT
finish
ended 130
err '^error: interrupted'
no_sockets
[ -z "$(rundir)" ] || valid
