# A namespace, a workload or a pod that is not there, and pods of which none is ready.
. "$E2E/lib.sh"
demo
refused() { run loadtest --url "http://$http/json" -s "http://$standin" "$@"; }
standin api empty
refused
refused -l app=api
refused -n shop deploy/api
refused -n shop svc/api
refused -n missing
refused -n missing deploy/api
refused api-1
standin api sick
refused
refused api
run top -s "http://$standin"
served
