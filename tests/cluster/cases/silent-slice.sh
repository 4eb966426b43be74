# A profile of 30 s in one piece, during which no byte comes from the pod.
. "$CLUSTER/lib.sh"
service
run loadtest deploy/api --url "http://$ip:8080/cpu?us=2000" --vus 2 --ramp 1s --settle 1s --window 30s --slice 30s
ended 0
holds cpu.pb.gz main.burn
same "the captures" "$(field captures.0.captured)" true
out '^  ok .* all captures began and ended inside the load'
