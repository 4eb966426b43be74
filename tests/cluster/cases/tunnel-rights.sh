# What roles with one right alone allow. The API server (1.35) asks for `create` whatever the method, so `get` is not
# enough there; `create` opens the way by POST.
. "$CLUSTER/lib.sh"
service -pprof :6060
base='{apiGroups: [""], resources: [pods], verbs: [get, list]}, {apiGroups: [apps], resources: [deployments], verbs: [get]}'
forward='{apiGroups: [""], resources: [pods/portforward], verbs:'
allow both "$base, $forward [get, create]}"
allow create "$base, $forward [create]}"
allow get "$base, $forward [get]}"
allow proxy "$base, {apiGroups: [\"\"], resources: [pods/proxy], verbs: [get]}"
allow none "$base"

went_by() { # account way
	rm -rf pprof-runs
	run --kubeconfig "$AUX/$1.conf" loadtest deploy/api --url "http://$ip:8080/cpu?us=2000" --vus 2 --ramp 1s --settle 1s --window 2s
	ended 0
	holds cpu.pb.gz main.burn
	same "the way" "$(field tunnel.way)" "$2"
}
run() { # the plugin's own options come behind its name
	local config=()
	if [ "$1" = --kubeconfig ]; then
		config=(--kubeconfig "$2")
		shift 2
	fi
	echo "\$ kubectl pprof $*"
	status=0
	kubectl pprof "$@" ${config[@]+"${config[@]}"} >"$AUX/out" 2>"$AUX/err" </dev/null || status=$?
}
denied() { # account rights
	rm -rf pprof-runs
	run --kubeconfig "$AUX/$1.conf" loadtest deploy/api --url "http://$ip:8080/"
	ended 1
	err "^error: port-forward to pod '$pod': 'system:serviceaccount:$ns:$1' may not $2 in namespace '$ns' \\(403\\); the role below would allow it"
	err '^kind: Role$'
	[ ! -e pprof-runs ] || give_up "a run directory"
}

went_by both websocket
out '^Pprof .*\(websocket\)$'
went_by create spdy
out '^Tunnel +not websocket: no right to get pods/portforward$'
went_by proxy proxy
out "^Pprof .*through the API server's proxy$"
out '^Tunnel +not websocket: no right to get pods/portforward; not spdy: no right to create pods/portforward$'
denied get 'create pods/portforward, nor get pods/proxy'
denied none 'get or create pods/portforward, nor get pods/proxy'

rm -rf pprof-runs
run --kubeconfig "$AUX/proxy.conf" loadtest deploy/api
refused "send load to pod '$pod': port-forward is not open to you, and the API server's proxy carries captures but no load; give --url"
