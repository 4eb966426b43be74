# No metrics-server: the kubelet's summary for who may ask it already, else the first ready pod.
# alone
. "$CLUSTER/lib.sh"
metrics_gone() { ! kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods; }
kubectl -n kube-system scale deployment/metrics-server --replicas=0 >/dev/null
at_end kubectl -n kube-system scale deployment/metrics-server --replicas=1 '&&' \
	kubectl -n kube-system rollout status deployment/metrics-server --timeout=90s
poll 60 "the metrics to go" metrics_gone

run top -l app=api
ended 0
err '^note: no metrics: metrics API not available \(503\); figures taken from the kubelet'
same "pods with figures" "$(grep -cE '^api-[^ ]+ +[0-9]+m +[0-9]+Mi ' "$AUX/out")" 3
run loadtest deploy/api --port 8080 --vus 1 --ramp 0s --settle 1s --window 1s
ended 0
same "the source" "$(field target.ranking.source)" kubelet
err '^note +no metrics: metrics API not available \(503\); figures taken from the kubelet'
out '^Target .*highest CPU of 3 ready pods: [0-9]+m(, as [12] others?)? \(kubelet summary of '
rm -r pprof-runs

KUBECONFIG=$KUBECONFIG_PROFILER run loadtest deploy/api --port 8080 --vus 1 --ramp 0s --settle 1s --window 1s
ended 0
same "the source" "$(field target.ranking.source)" none
err '^target .*no metrics: metrics API not available \(503\); first ready pod taken'
