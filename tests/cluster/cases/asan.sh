# The main job in all its parts under asan and ubsan: baseline, load straight and through the tunnel, every profile, two pods at once.
. "$CLUSTER/lib.sh"
PATH=$ASAN_PATH:$PATH
service
run top -A
ended 0
run loadtest deploy/api --url "http://$ip:8080/json" --vus 8 --ramp 1s --settle 2s --window 4s --slice 2s --baseline 1s \
	--profiles cpu,goroutine,heap,allocs,mutex,block,threadcreate,trace
ended 0
valid
holds cpu.pb.gz main.serveJSON
rm -r pprof-runs
run loadtest "$pod" --port 8080 --path /json --vus 4 --ramp 1s --settle 1s --window 2s -o json
ended 0
check get "$AUX/out" load.window.requests >/dev/null
rm -r pprof-runs
kubectl scale deployment/api --replicas 2 >/dev/null
kubectl wait --for='jsonpath={.status.readyReplicas}'=2 --timeout=60s deployment/api >/dev/null
run loadtest deploy/api --pods all --port 8080 --path /json --vus 4 --ramp 1s --settle 1s --window 3s --slice 1s --cooldown 1s
ended 0
valid
start loadtest deploy/api --port 8080 --vus 2 --ramp 1s --settle 1s --window 1h
stopped_in capture INT 130
