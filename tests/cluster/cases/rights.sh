# The account `profiler` has the rights that are documented; they suffice for a whole run.
# alone
. "$CLUSTER/lib.sh"
KUBECONFIG=$KUBECONFIG_PROFILER
poll 60 "metrics" kubectl --kubeconfig "$KUBECONFIG_PROFILER" get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods
run loadtest deploy/api --url http://127.0.0.1:30080/json --vus 4 --ramp 1s --settle 1s --window 2s --baseline 1s
ended 0
valid
err_not '403|note'
same "the source" "$(field target.ranking.source)" metrics
