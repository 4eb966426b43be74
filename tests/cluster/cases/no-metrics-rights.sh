# No right to see metrics, nor to ask the kubelet: the first ready pod is taken, and that is said.
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
err '^note +no metrics: no right to list pods.metrics.k8s.io \(403\); first ready pod taken'
out "^Target .*no metrics: no right to list pods.metrics.k8s.io \(403\); first ready pod taken"
out '^  unknown .*hottest at peak: no metrics'
KUBECONFIG=$AUX/plain.conf run top
ended 0
err '^note: no metrics'
out "^$first +- +- +1/1"
