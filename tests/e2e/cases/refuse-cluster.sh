# A cluster that is not there, not trusted, or says no: one line, and for 403 the Role that would allow it.
. "$E2E/lib.sh"
demo
refused() { run loadtest "${target:-deploy/api}" -n shop --url "http://$http/json" "$@"; }
refused -s http://127.0.0.1:1
refused -s https://127.0.0.1:1
refused -s https://name.invalid
standin api unauthorized
refused -s "http://$standin"
printf 'kind: Config\ncurrent-context: east\nclusters: [{name: c, cluster: {server: "http://%s"}}]\n' "$standin" >"$AUX/config"
printf 'users: [{name: jane, user: {token: geheim}}]\ncontexts: [{name: east, context: {cluster: c, user: jane}}]\n' >>"$AUX/config"
KUBECONFIG=$AUX/config refused
standin api forbidden
refused -s "http://$standin"
target=api-1 refused -s "http://$standin"
run top -n shop -s "http://$standin"
standin api html
refused -s "http://$standin"
standin api overloaded
refused -s "http://$standin"
standin api silent
refused -s "http://$standin" --request-timeout 200ms
standin web banner
refused -s "http://$standin"
served
ls -A
