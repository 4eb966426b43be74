# An account that may not reach pods: one line names what is missing, the Role below it is all that is needed.
. "$CLUSTER/lib.sh"
service
allow outsider '{apiGroups: [""], resources: [pods], verbs: [get, list]}'
KUBECONFIG=$AUX/outsider.conf run loadtest deploy/api --url "http://$ip:8080/" --window 2s
ended 1
err "^error: .*'system:serviceaccount:$ns:outsider' may not get deployments.apps in namespace '$ns' \(403\)"
KUBECONFIG=$AUX/outsider.conf run loadtest "$pod" --url "http://$ip:8080/" --window 2s
ended 1
err "^error: .*'system:serviceaccount:$ns:outsider' may not get or create pods/portforward, nor get pods/proxy in namespace '$ns' \(403\)"
same "error lines" "$(grep -c '^error:' "$AUX/err")" 1
[ ! -e pprof-runs ] || give_up "a run directory"

sed '/^error:/d' "$AUX/err" >"$AUX/role.yaml"
kubectl apply -f "$AUX/role.yaml" >"$AUX/applied" || give_up "the role does not apply"
poll 20 "the role" kubectl --kubeconfig "$AUX/outsider.conf" auth can-i create pods --subresource=portforward
KUBECONFIG=$AUX/outsider.conf run loadtest deploy/api --url "http://$ip:8080/json" --ramp 1s --settle 1s --window 2s
ended 0
valid
err_not '403'
