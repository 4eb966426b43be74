# A context that counts as production is asked about on a terminal, and needs --yes elsewhere; nothing is sent before.
. "$E2E/lib.sh"
demo
cat >"$AUX/kubeconfig" <<'YAML'
current-context: eu-Prod-1
clusters: [{name: prod, cluster: {server: "http://127.0.0.1:1"}}, {name: lab, cluster: {server: "http://127.0.0.1:1"}}]
contexts:
- {name: eu-Prod-1, context: {cluster: lab, namespace: shop}}
- {name: work, context: {cluster: prod}}
- {name: lab, context: {cluster: lab}}
YAML
export KUBECONFIG=$AUX/kubeconfig
load=(deploy/api --url "http://$http/json" --vus 4)
run loadtest "${load[@]}"
run loadtest "${load[@]}" --context work
run loadtest "${load[@]}" --context lab
run loadtest "${load[@]}" --context lab --cluster prod
run loadtest "${load[@]}" --yes
run loadtest "${load[@]}" --dry-run
mkdir -p "$HOME/.config/kubectl-pprof"
echo 'guard: {production: [work, "l?b"]}' >"$HOME/.config/kubectl-pprof/config.yaml"
run loadtest "${load[@]}"
run loadtest "${load[@]}" --context lab
echo 'guard: {production: []}' >"$HOME/.config/kubectl-pprof/config.yaml"
run loadtest "${load[@]}"
rm -r "$HOME/.config"

asked() { # ANSWER ARGUMENT...
	status=0
	/usr/bin/python3 "$E2E/terminal.py" 120 "$AUX/err" --type '[y/N] ' "$1" "$PROGRAM" loadtest "${@:2}" >"$AUX/out" || status=$?
	tr -d '\r' <"$AUX/err" | shown
	echo "[$status]"
}
asked $'n\n' "${load[@]}"
asked $'\n' "${load[@]}"
asked $'y\n' "${load[@]}"
asked $'yes\n' -l $'a=\e[2J' -n default --rate 200/s --max-rate 1000/s
asked $'no\n' --find-capacity 'p(99)<50' pod/api-1
served
