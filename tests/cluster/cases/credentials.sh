# Who one may be: token, token file, exec plugin, client certificate as files and as data.
. "$CLUSTER/lib.sh"
admin=$KUBECONFIG
own_namespace
allow reader '{apiGroups: ["", metrics.k8s.io], resources: [pods], verbs: [get, list]}'
token=$(kubectl create token reader)
works() { # name
	KUBECONFIG=$AUX/$1.conf run top -n "${2:-$ns}"
	ended "${3:-1}"
	[ "${3:-1}" = 0 ] || err "no pods: nothing matches"
}
raw() { kubectl --kubeconfig "$admin" config view --raw -o "jsonpath={.users[0].user.$1}"; }

works reader
install -m 600 /dev/null "$AUX/token"
echo "$token" >"$AUX/token"
user_config file "tokenFile: token" # relative to the kubeconfig's own folder
works file

cat >"$AUX/plugin" <<-END
	#!/bin/sh
	echo "{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"$token\"}}"
END
chmod 700 "$AUX/plugin"
user_config exec "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}"
works exec
same "the token's traces" "$(grep -c "$token" "$AUX/err" "$AUX/out" | grep -cv ':0$')" 0

user_config certificate "client-certificate: $(raw client-certificate), client-key: $(raw client-key)"
works certificate default 0
out '^api-'
user_config data "client-certificate-data: $(base64 -w0 "$(raw client-certificate)"), client-key-data: $(base64 -w0 "$(raw client-key)")"
works data default 0
out '^api-'
