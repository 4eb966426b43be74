# Several files in $KUBECONFIG are one; --context, --kubeconfig and -n choose.
. "$CLUSTER/lib.sh"
admin=$KUBECONFIG
server=$(kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
service
cat >"$AUX/contexts" <<-END
	apiVersion: v1
	kind: Config
	contexts:
	- {name: here, context: {cluster: test, user: admin, namespace: $ns}}
	- {name: elsewhere, context: {cluster: test, user: admin, namespace: kube-system}}
	current-context: here
END
# both name the cluster `test`: the first one counts
user_config broken 'token: none' 'server: "https://127.0.0.1:1"'
KUBECONFIG=$AUX/contexts:$AUX/missing:$admin run top
ended 0
out "^$pod "
KUBECONFIG=$AUX/contexts:$admin run top --context elsewhere
ended 0
out '^metrics-server-'
KUBECONFIG=$AUX/contexts:$admin run top -n default
ended 0
out '^api-'
KUBECONFIG=$AUX/contexts:$AUX/broken.conf:$admin run top
refused "cannot reach the API server 'https://127.0.0.1:1' of context 'here'"
KUBECONFIG=$AUX/broken.conf run top --kubeconfig "$admin" -A
ended 0
out "^$ns +$pod "
KUBECONFIG=$AUX/broken.conf run top --server "$server" --certificate-authority \
	"$(kubectl --kubeconfig "$admin" config view --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority}')"
refused "'$server' rejects the credentials"
