# No right to see metrics, nor to ask the kubelet: the first ready pod is taken, and that is said. The kubelet is
# not even asked.
. "$CLUSTER/lib.sh"
own_namespace
workload Deployment 2 | kubectl apply -f - >/dev/null
kubectl wait --for=condition=Available --timeout=90s deployment/api >/dev/null
allow plain '{apiGroups: [""], resources: [pods], verbs: [get, list]},
	{apiGroups: [""], resources: [pods/portforward], verbs: [get, create]}'
first=$(kubectl get pods -l app=api --sort-by=.metadata.name -o 'jsonpath={.items[0].metadata.name}')
KUBECONFIG=$AUX/plain.conf run loadtest -l app=api --port 8080 --vus 1 --ramp 0s --settle 1s --window 1s
ended 0
same "the pod" "$(field target.pod)" "$first"
same "the source" "$(field target.ranking.source)" none
err '^target .*no metrics: no right to list pods.metrics.k8s.io \(403\); first ready pod taken'
out "^Target .*no metrics: no right to list pods.metrics.k8s.io \(403\); first ready pod taken"
out '^  unknown .*hottest at peak: no metrics'
KUBECONFIG=$AUX/plain.conf run top
ended 0
err '^note: no metrics'
out "^$first +- +- +1/1"
asked() { grep "\"username\":\"system:serviceaccount:$ns:$1\"" "$(cluster_log audit)"; } # account
! asked plain || give_up "the kubelet was asked"
kubectl --kubeconfig "$AUX/plain.conf" get --raw /api/v1/nodes/node1/proxy/stats/summary >/dev/null 2>&1 || true
poll 20 "the audit log to show such a request" asked plain
