# A container port that is named pprof.
. "$CLUSTER/lib.sh"
ports='{name: pprof, containerPort: 7071}' service -pprof 127.0.0.1:7071
run loadtest deploy/api --url "http://$ip:8080/" --vus 1 --ramp 0s --settle 1s --window 1s
ended 0
out "^Pprof +port 7071/debug/pprof \(.*pprof.*\)"
same "the port" "$(field target.pprof.port)" 7071
