# The account `limited` sees pods and no more.
. "$CLUSTER/lib.sh"
KUBECONFIG=$KUBECONFIG_LIMITED
pod=$(kubectl get pods -l app=api -o 'jsonpath={.items[0].metadata.name}')
run loadtest "$pod" --url http://127.0.0.1:30080/
ended 1
err "^error: .*'system:serviceaccount:default:limited' may not get or create pods/portforward, nor get pods/proxy in namespace 'default' \(403\)"
err '^kind: Role$'
err '  resources: \[pods/portforward\]'
run top -n kube-system
ended 1
err "^error: .*may not list pods in namespace 'kube-system' \(403\)"
