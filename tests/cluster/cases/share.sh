# Three connections to two pods are not shared evenly: the part that the profiled pod had is measured, within what the
# service itself counts.
. "$CLUSTER/lib.sh"
own_namespace
workload Deployment 2 | kubectl apply -f - >/dev/null
kubectl wait --for=condition=Available --timeout=90s deployment/api >/dev/null
open_port
measured() { [ "$(kubectl top pods -l app=api --no-headers | wc -l)" = 2 ]; }
poll 90 "metrics of both pods" measured
# long enough for metrics that know nothing but the load
run loadtest deploy/api --url "http://127.0.0.1:$node_port/cpu?us=2000" --vus 3 --think 10ms --ramp 1s --settle 1s --window 60s
ended 0
same "measured" "$(field target.share_measured)" true
out "^  ok .*share of the requests is taken as 0?\.?[0-9]+: its part of the CPU of 2 ready pods at peak"
kubectl get pods -l app=api --no-headers -o custom-columns=N:.metadata.name,I:.status.podIP >"$AUX/pods"
check share "$(rundir)/run.json" "$AUX/pods"
