# One of three replicas is deleted in the window: the others are captured to the end, and the run is marked partial.
# One that serves no pprof is named before any load is sent. Under asan, which sees what is given back on both ways out.
. "$CLUSTER/lib.sh"
PATH=$ASAN_PATH:$PATH
own_namespace
workload Deployment 3 | kubectl apply -f - >/dev/null
kubectl wait --for=condition=Available --timeout=90s deployment/api >/dev/null
open_port
names=$(kubectl get pods -l app=api --no-headers -o custom-columns=N:.metadata.name)
the_pod
start loadtest -l app=api --pods all --url "http://127.0.0.1:$node_port/cpu?us=2000" --vus 32 --think 60ms --ramp 1s --settle 1s --window 12s --slice 1s
reached capture
sleep 3
kubectl delete pod "$pod" --wait=false >/dev/null
finish
ended 1
err "^error: pod '$ns/$pod' was deleted during the run; .* is in '"
valid
same "partial" "$(field partial)" true
for name in $names; do
	holds "pods/$name/cpu.pb.gz" main.burn
	out "^ .*  $name$([ "$name" != "$pod" ] || echo ' \(lost\)')\$"
	[ "$name" = "$pod" ] || same "slices of $name" "$("$PPROF" -top "$(rundir)/pods/$name/cpu.pb.gz" | sed -n 's/.*Duration: \([0-9]*\).*/\1/p')" 12
done
out '^Verdict +not trusted'
out "^  fail .*$pod' was deleted"

rm -r pprof-runs
kubectl run blind --image localhost/demo-service:test --image-pull-policy Never --labels app=api -- --pprof= >/dev/null
kubectl wait --for=condition=Ready --timeout=60s pod/blind >/dev/null
run loadtest -l app=api --pods all --url "http://127.0.0.1:$node_port/json" --window 2s
refused "reach pprof in pod 'blind' at port"
