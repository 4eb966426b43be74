# shellcheck shell=bash
# What every case begins with: . "$CLUSTER/lib.sh"
#
# The runner sets $CLUSTER (this folder), $CASE (the case's name), $AUX (a folder for what the case needs, apart from
# the one it runs in), $PPROF (go tool pprof), $ASAN_PATH, $KUBECONFIG (the administrator's) and $KUBECONFIG_LIMITED and _PROFILER.
# The first thing that is not as it should be ends the case, with what was said until then.
set -euo pipefail

ns=$CASE-$$
status=0
undo=() # commands for the end, the last one first

check() { /usr/bin/python3 "$CLUSTER/check.py" "$@" || give_up "check $1"; } # QUESTION ARGUMENT...

at_end() { undo+=("$*"); }
finish_case() {
	local i
	for ((i = ${#undo[@]} - 1; i >= 0; i--)); do eval "${undo[i]}" >/dev/null 2>&1 || true; done
}
trap finish_case EXIT
trap 'exit 143' TERM INT HUP

give_up() {
	echo "FAILED: $*"
	sed 's/^/  out: /' "$AUX/out" 2>/dev/null || true
	sed 's/^/  err: /' "$AUX/err" 2>/dev/null || true
	exit 1
}

poll() { # seconds what command... : until the command succeeds
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || give_up "gave up waiting for $what"
		sleep 0.1
	done
}

# ---- the program ------------------------------------------------------------

# run ARGUMENT...: leaves its exit status in $status, its output in $AUX/out and $AUX/err
run() {
	echo "\$ kubectl pprof $*"
	status=0
	kubectl pprof "$@" >"$AUX/out" 2>"$AUX/err" </dev/null || status=$?
}

# start ARGUMENT...: the same in the background ($pid: kubectl becomes its plugin); reached, send, finish go on
start() {
	echo "\$ kubectl pprof $* &"
	: >"$AUX/err"
	kubectl pprof "$@" >"$AUX/out" 2>"$AUX/err" </dev/null &
	pid=$!
}

reached() { # phase
	until grep -q "^$1" "$AUX/err"; do
		kill -0 "$pid" 2>/dev/null || give_up "it ended before '$1'"
		sleep 0.02
	done
}

send() { # signal
	echo "\$ kill -s $1"
	kill -s "$1" "$pid"
}

finish() {
	status=0
	wait "$pid" || status=$?
}

# ---- what is wanted -----------------------------------------------------------

ended() { [ $status = "$1" ] || give_up "exit status $status, wanted $1"; } # status
out() { grep -Eq -- "$1" "$AUX/out" || give_up "nothing on standard output matches: $1"; }
err() { grep -Eq -- "$1" "$AUX/err" || give_up "nothing on standard error matches: $1"; }
err_not() { ! grep -Eq -- "$1" "$AUX/err" || give_up "standard error matches: $1"; }

# refused PATTERN: exit 1 with one line of that kind, and no load
refused() {
	ended 1
	[ "$(grep -c . "$AUX/err")" = 1 ] || give_up "more or less than one line on standard error"
	err "^error: .*$1"
	[ ! -s "$AUX/out" ] || give_up "something on standard output"
	[ ! -e pprof-runs ] || give_up "a run directory"
}

same() { [ "$2" = "$3" ] || give_up "$1: $2, wanted $3"; } # what got wanted

# ---- the run directory --------------------------------------------------------

rundir() { sed -n 's/^Files *//p' "$AUX/out" | tail -n 1; }
field() { check get "$(rundir)/run.json" "$1"; } # load.window.requests

# holds FILE FUNCTION...: go tool pprof finds these functions in it
holds() {
	local file function
	file=$(rundir)/$1
	shift
	"$PPROF" -top -unit=ns -nodecount=10000 -nodefraction=0 "$file" >"$AUX/top" 2>"$AUX/top.err" ||
		give_up "go tool pprof does not open $file: $(<"$AUX/top.err")"
	for function; do
		grep -qE "  $function( \\(inline\\))?\$" "$AUX/top" || give_up "$function is not in $file"
	done
}

# valid: what is there of the run directory is whole
valid() {
	local dir file
	dir=$(rundir)
	[ -d "$dir" ] || give_up "no run directory '$dir'"
	same "its mode" "$(stat -c %a "$dir")" 700
	check get "$dir/run.json" schema >/dev/null
	[ ! -e "$dir/load.json" ] || check get "$dir/load.json" metrics.http_reqs >/dev/null
	find "$dir" -name '*.pb.gz' >"$AUX/profiles"
	while read -r file; do
		"$PPROF" -top "$file" >/dev/null 2>&1 || give_up "go tool pprof does not open $file"
	done <"$AUX/profiles"
}

# goes_by WAY ARGUMENT...: load and captures of a run with these arguments go that way of the tunnel
goes_by() {
	local way=$1
	shift
	rm -rf pprof-runs
	run loadtest deploy/api "$@" --port 8080 --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s
	ended 0
	holds cpu.pb.gz main.burn
	same "the way" "$(field tunnel.way)" "$way"
	same "failed requests" "$(field load.window.failed)" 0
	out "^Pprof .*through a tunnel inside this process \\($way\\)"
}

# ---- a service of the case's own ------------------------------------------------

own_namespace() {
	kubectl create namespace "$ns" >/dev/null
	at_end kubectl delete namespace "$ns" --wait=false
	cp "$KUBECONFIG" "$AUX/kubeconfig"
	KUBECONFIG=$AUX/kubeconfig
	kubectl config set-context --current --namespace="$ns" >/dev/null
	poll 20 "the service account" kubectl get serviceaccount default
}

# template [ARGUMENT...]: of a pod with the demo service, label app=$app; $annotations and $ports as YAML
template() {
	local arguments=''
	[ $# = 0 ] || arguments=$(printf ', "%s"' "$@")
	cat <<-END
		metadata: {labels: {app: ${app:-api}}, annotations: {${annotations:-}}}
		spec:
		  automountServiceAccountToken: false
		  terminationGracePeriodSeconds: 1
		  restartPolicy: ${restart:-Always}
		  containers:
		  - name: api
		    image: localhost/demo-service:test
		    imagePullPolicy: Never
		    args: [${arguments:2}]
		    ports: [{name: http, containerPort: 8080}${ports:+, $ports}]
		    readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 1}
		    resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {cpu: 500m, memory: 256Mi}}
	END
}

# workload KIND REPLICAS [ARGUMENT...]: named $app
workload() {
	local kind=$1 replicas=$2
	shift 2
	cat <<-END
		apiVersion: apps/v1
		kind: $kind
		metadata: {name: ${app:-api}}
		spec:
		  ${replicas:+replicas: $replicas}
		  selector: {matchLabels: {app: ${app:-api}}}
		  template:
		$(template "$@" | sed 's/^/    /')
	END
}

# service [ARGUMENT...]: a deployment 'api' of one pod in a namespace of its own; $pod, $ip
service() {
	own_namespace
	workload Deployment 1 "$@" | kubectl apply -f - >/dev/null
	kubectl wait --for=condition=Available --timeout=90s deployment/api >/dev/null
	the_pod
}

the_pod() {
	read -r pod ip < <(kubectl get pods -l app=api --no-headers -o custom-columns=N:.metadata.name,I:.status.podIP)
}

# open_port: reaches the service from the outside; $node_port
open_port() {
	kubectl expose deployment api --type=NodePort --port=8080 >/dev/null
	node_port=$(kubectl get service api -o 'jsonpath={.spec.ports[0].nodePort}')
	poll 30 "node port $node_port" curl -sf -o /dev/null "http://127.0.0.1:$node_port/healthz"
}

asks() { curl -sS --fail --max-time 10 "http://$ip:8080$1"; } # path; the service's own word

# allow NAME RULES: a service account with these rules, in namespace $ns; its kubeconfig is $AUX/NAME.conf
allow() {
	kubectl create serviceaccount "$1" >/dev/null
	kubectl apply -f - >/dev/null <<-END
		apiVersion: rbac.authorization.k8s.io/v1
		kind: Role
		metadata: {name: $1}
		rules: [$2]
		---
		apiVersion: rbac.authorization.k8s.io/v1
		kind: RoleBinding
		metadata: {name: $1}
		roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: $1}
		subjects: [{kind: ServiceAccount, name: $1, namespace: $ns}]
	END
	user_config "$1" "token: $(kubectl create token "$1")"
	poll 20 "the rights of $1" kubectl --kubeconfig "$AUX/$1.conf" auth can-i list pods
}

# user_config NAME USER [CLUSTER]: $AUX/NAME.conf for the test cluster; both parts as YAML
user_config() {
	cat >"$AUX/$1.conf" <<-END
		apiVersion: v1
		kind: Config
		clusters: [{name: test, cluster: {${3:-$(cluster_yaml)}}}]
		users: [{name: $1, user: {$2}}]
		contexts: [{name: test, context: {cluster: test, user: $1, namespace: $ns}}]
		current-context: test
	END
}

cluster_yaml() {
	kubectl config view --raw -o 'jsonpath=server: "{.clusters[0].cluster.server}", certificate-authority: {.clusters[0].cluster.certificate-authority}'
}

cluster_log() { # daemon
	(
		# shellcheck source=settings.sh
		. "$CLUSTER/settings.sh"
		echo "$state/log/$1"
	)
}

# kill_container: ends the pod's container as a crash does
kill_container() {
	local id
	id=$(kubectl get pod "$pod" -o 'jsonpath={.status.containerStatuses[0].containerID}')
	(
		# shellcheck source=settings.sh
		. "$CLUSTER/settings.sh"
		ctr_k8s tasks kill --signal SIGKILL "${id#containerd://}"
	)
}

# ---- the end by a signal ----------------------------------------------------------

# our_sockets COUNT: remembers the program's connections to others; at least COUNT of them
our_sockets() {
	enough() {
		ss -Htnp | grep "pid=$pid," | awk '{print $4, $5}' >"$AUX/sockets"
		[ "$(wc -l <"$AUX/sockets")" -ge "$1" ]
	}
	poll 20 "$1 connections of the program" enough "$1"
}

# No connection that was remembered is left, nor one that the kernel still ends in its place.
gone() { ! ss -Htna exclude time-wait | awk '{print $4, $5}' | grep -Fxf "$AUX/sockets"; }
no_sockets() {
	[ -s "$AUX/sockets" ] || give_up "no connection was seen"
	poll 10 "the connections to end" gone
}

# stopped_in PHASE SIGNAL STATUS: ends a run that was started by a signal in that phase; a valid partial run is kept
stopped_in() {
	reached "$1"
	sleep 1.5
	our_sockets 2
	send "$2"
	finish
	ended "$3"
	err "^error: interrupted by a signal while in phase '$1'; what was got until then is in '"
	no_sockets
	valid
	same "partial" "$(field partial)" true
	out '^Verdict +not trusted'
}
