# A kubeconfig that is missing, malformed or does not define what is asked for: the file and the line.
. "$E2E/lib.sh"
demo
refused() { run loadtest deploy/api --url "http://$http/json" "$@"; }
config() { # file
	cat >"$1"
	echo "--- $1"
	cat "$1"
}
refused
refused --kubeconfig missing
refused --kubeconfig .
config tab <<<$'apiVersion: v1\nclusters:\n\t- name: x'
refused --kubeconfig tab
config open <<<$'apiVersion: v1\nusers: [{name: "me"'
refused --kubeconfig open
config list <<<'- a list'
refused --kubeconfig list
config pod <<<$'apiVersion: v1\nkind: Pod'
refused --kubeconfig pod
config clusters <<<$'apiVersion: v1\nkind: Config\nclusters: none'
refused --kubeconfig clusters
config names <<<$'kind: Config\ncontexts:\n- just-a-name'
refused --kubeconfig names
config key <<<$'kind: Config\nclusters:\n- name: prod\n  cluster: {server: "http://127.0.0.1:1", certificate-authority-data: "%%%"}'
refused --kubeconfig key --cluster prod
config good <<'YAML'
kind: Config
current-context: production
clusters: [{name: prod, cluster: {server: "http://127.0.0.1:1"}}, {name: empty, cluster: {}}]
users: [{name: me, user: {token: secret}}, {name: half, user: {client-certificate: nowhere.pem}}]
contexts:
- {name: production, context: {cluster: prod, user: me, namespace: shop}}
- {name: staging, context: {cluster: stage, user: me}}
- {name: broken, context: {cluster: empty, user: me}}
- {name: half, context: {cluster: prod, user: half}}
YAML
refused --kubeconfig good --context prodution
refused --kubeconfig good --context staging
refused --kubeconfig good --context broken
refused --kubeconfig good --context half
refused --kubeconfig good --user nobody
refused --kubeconfig good -n 'Shop!'
refused --kubeconfig good --yes
export KUBECONFIG=missing:good
refused --context other
export KUBECONFIG=missing
refused
rm tab open list pod clusters names key good
served
ls -A
