# shellcheck shell=bash
# One row of `faults` as a case: the runner sets $ROW. What FAULT needs before the run is set up by before_FAULT, and
# fault_FAULT makes it happen once the run says that it has reached PHASE. What must hold is checked at the end.
. "$CLUSTER/lib.sh"
# shellcheck source=settings.sh
. "$CLUSTER/settings.sh"

read -r fault phase _ wanted_exit wanted_kept most_lost within line <<<"$ROW"

# ---- the run -------------------------------------------------------------------

# The phase in question is long enough for the fault to come in it, the others are short.
baseline=1 ramp=1 settle=1 window=3 cooldown=0
case $phase in
idle) baseline=6 ;;
ramp) ramp=8 ;;
settle) settle=3600 ;;
window) window=8 ;;
after) cooldown=8 ;;
esac
target=deploy/api
load=(--port 8080 --path '/cpu?us=2000' --vus 2 --timeout 5s) # through the tunnel
options=()                                                   # further ones
launch=()                                                    # what the program is run by
replicas=1 service_options=()

# The phase's name as the run says it.
phase_name() {
	case $phase in
	window) echo capture ;;
	after) echo cool ;;
	*) echo "$phase" ;;
	esac
}

arguments() {
	arguments=(loadtest ${target:+"$target"} "${load[@]}" --baseline "${baseline}s" --ramp "${ramp}s" --settle "${settle}s"
		--window "${window}s" --slice 1s --cooldown "${cooldown}s" "${options[@]}")
}

# The tunnel is up, and what goes through it is under way.
begin() {
	arguments
	echo "\$ ${launch[*]} kubectl pprof ${arguments[*]} &"
	: >"$AUX/err"
	"${launch[@]}" kubectl pprof "${arguments[@]}" >"$AUX/out" 2>"$AUX/err" </dev/null &
	pid=$!
}

replicas() { # COUNT
	own_namespace
	workload Deployment "$1" "${service_options[@]}" | kubectl apply -f - >/dev/null
	kubectl wait --for=condition=Available --timeout=90s deployment/api >/dev/null
	the_pod
}

# The pod that the run has taken.
taken() { sed -n "s,^target  $ns/\([^ ]*\) .*,\1,p" "$AUX/err" | head -n 1; }

# ---- the proxy -----------------------------------------------------------------

# say FAULT...: to the proxy
say() {
	echo "$*" >"$AUX/control.new"
	mv "$AUX/control.new" "$AUX/control"
}

proxy() { # to [certificate key]
	[ -e "$AUX/control" ] || say pass
	/usr/bin/python3 "$CLUSTER/faulty.py" "$AUX/control" "$@" >"$AUX/proxy" &
	at_end "kill $!; wait $!"
	poll 20 "the proxy" test -s "$AUX/proxy"
	proxy_port=$(<"$AUX/proxy")
}

rights='{apiGroups: ["", metrics.k8s.io, apps], resources: [pods, deployments, services], verbs: [get, list]},
  {apiGroups: [""], resources: [pods/portforward], verbs: [get, create]}'

# The API server behind the proxy, for somebody with a token.
through_proxy() {
	replicas 1
	allow tester "$rights"
	proxy "$node_ip:6443" "$pki/apiserver.crt" "$pki/apiserver.key"
	user_config tester "token: $(kubectl create token tester)" \
		"server: \"https://127.0.0.1:$proxy_port\", certificate-authority: $pki/ca.crt"
	KUBECONFIG=$AUX/tester.conf
}

# pprof behind the proxy, without a tunnel.
by_url() {
	service_options=(-pprof=:6060)
	replicas 1
	proxy "$ip:6060"
	target=''
	load=(--pprof-url "http://127.0.0.1:$proxy_port" --url "http://$ip:8080/cpu?us=2000" --allow-host "$ip" --vus 2)
}

# ---- faults: pods ----------------------------------------------------------------

before_pod_deleted() { replicas 2; }
fault_pod_deleted() { kubectl delete pod "$(taken)" --wait=false >/dev/null; }

before_pod_named() { replicas 1 && target=$pod; }
fault_pod_named() { fault_pod_deleted; }

before_pod_comes_back() {
	own_namespace
	workload StatefulSet 1 | kubectl apply -f - >/dev/null
	kubectl rollout status statefulset/api --timeout=90s >/dev/null
	target=pod/api-0
}
fault_pod_comes_back() { fault_pod_deleted; }

fault_pod_none_left() { kubectl delete deployment api --wait=false >/dev/null; }

before_rollout() { replicas 2; }
fault_rollout() { kubectl rollout restart deployment/api >/dev/null; }

before_container_crash() { replicas 1 && options=(--strict --timeout 1s); }
fault_container_crash() { kill_container; }

before_out_of_memory() { before_container_crash; }
fault_out_of_memory() { curl -s --max-time 10 "http://$ip:8080/grow?mb=400" || true; }

# ---- faults: daemons ----------------------------------------------------------------

before_restart() { # the load is the service's own way: it is the captures that are in question
	replicas 1
	load=(--url "http://$ip:8080/cpu?us=2000" --vus 2)
	[ "$phase" != window ] || window=20
}
# The new daemon is none of the case's: nothing of it may tie it to that.
restart() {
	(cd / && env -i PATH="$PATH" HOME=/ XDG_CACHE_HOME="$XDG_CACHE_HOME" KUBECTL_PPROF_CLUSTER="$state" \
		KUBECTL_PPROF_KUBERNETES="$kubernetes" "$CLUSTER/cluster" restart "$1")
}
before_apiserver_restart() { before_restart; }
fault_apiserver_restart() {
	at_end controllers
	restart apiserver
}
controllers() { # come back in their own time, and the next case needs them
	local try
	kubectl create namespace "$ns-after"
	for ((try = 0; try < 300; try++)); do
		! kubectl -n "$ns-after" get serviceaccount default || break
		sleep 0.3
	done
	kubectl delete namespace "$ns-after" --wait=false
}
before_kubelet_restart() { before_restart; }
fault_kubelet_restart() { restart kubelet; }
before_containerd_restart() { before_restart; }
fault_containerd_restart() { restart containerd; }

# ---- faults: the tunnel, the API server's answers --------------------------------------

before_tunnel_cut() { through_proxy; }
fault_tunnel_cut() { say cut portforward; }

before_tunnel_stalled() {
	through_proxy
	[ "$phase" != window ] || window=20
}
fault_tunnel_stalled() { say stall portforward; }

before_network_gone() { through_proxy; }
fault_network_gone() { say hang; }
after_network_gone() { out '^  unknown  not known if pod .* restarted or was replaced'; }

before_tunnel_slow() {
	through_proxy
	load=(--url "http://$ip:8080/cpu?us=2000" --vus 2)
	window=4 baseline=2
}
fault_tunnel_slow() { say slow 1024 portforward; }

# Both tokens are good; of the first one the server is told to think otherwise.
before_token_expired() {
	replicas 1
	allow tester "$rights"
	kubectl create token tester >"$AUX/token"
	token=$(<"$AUX/token")
	cat >"$AUX/plugin" <<-END
		#!/bin/sh
		echo asked >>"$AUX/asked"
		echo "{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"\$(cat "$AUX/token")\"}}"
	END
	chmod 700 "$AUX/plugin"
	proxy "$node_ip:6443" "$pki/apiserver.crt" "$pki/apiserver.key"
	user_config tester 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}' \
		"server: \"https://127.0.0.1:$proxy_port\", certificate-authority: $pki/ca.crt"
	administrator=$KUBECONFIG
	KUBECONFIG=$AUX/tester.conf
}
fault_token_expired() {
	kubectl --kubeconfig "$administrator" create token tester >"$AUX/token"
	say reject "$token"
}
after_token_expired() { [ "$(wc -l <"$AUX/asked")" -ge 2 ] || give_up "the plugin was not called again"; }

answers() { # status[,after[,times]]
	if [ "$phase" = start ]; then say status "$1" .; else say status "$1" 'portforward|pods'; fi
}
for code in 401 403 404 409 410 500 503; do
	eval "before_answer_$code() { through_proxy && window=12; }; fault_answer_$code() { answers $code; }"
done
before_answer_429() { through_proxy; }
fault_answer_429() { answers 429,1,2; }
before_answer_429_for_long() { through_proxy; }
fault_answer_429_for_long() { answers 429,600; }

before_metrics_missing() { through_proxy; }
fault_metrics_missing() { say status 404 apis/metrics; }
before_metrics_stale() { through_proxy; }
fault_metrics_stale() { say again apis/metrics; }

# ---- faults: pprof ----------------------------------------------------------------------

before_gzip_truncated() { by_url; }
fault_gzip_truncated() {
	say truncate pprof/profile
	[ "$phase" != idle ] || { reached ramp && say pass; }
}
before_answer_endless() { by_url; }
fault_answer_endless() { say endless pprof/profile; }
before_slow_loris() { by_url; }
fault_slow_loris() { say drip pprof/profile; }

# ---- faults: the machine -------------------------------------------------------------------

# The clock of the day alone, and of the program alone: by a day, once the file is there. By that clock no certificate
# may be valid.
before_clock_forward() {
	replicas 1
	allow tester "$rights"
	user_config tester "token: $(kubectl create token tester)" "server: \"$api\", insecure-skip-tls-verify: true"
	KUBECONFIG=$AUX/tester.conf
	gcc -shared -fPIC -O1 -o "$AUX/clock.so" "$CLUSTER/clock.c"
	launch=(env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$AUX/clock.so" KP_CLOCK_STEP="$1" KP_CLOCK_FILE="$AUX/step")
	options=(--io epoll) # io_uring's stamps come from the kernel, whose clock is not stepped
}
fault_clock_forward() { : >"$AUX/step"; }
after_clock_forward() {
	local seconds
	seconds=$(field load.window.seconds)
	awk -v s="$seconds" -v w="$window" 'BEGIN { exit !(s >= w && s < w + 20) }' || give_up "a window of $seconds s, wanted ${window}"
}
before_clock_back() { before_clock_forward -86400; }
fault_clock_back() { fault_clock_forward; }
after_clock_back() { after_clock_forward; }

before_disk_full() {
	replicas 1
	mkdir "$AUX/small"
	# shellcheck disable=SC2016 # the inner shell's
	launch=(unshare -m sh -c 'mount -t tmpfs -o size=64k none "$0" && cd "$0" && "$@"; status=$?; find . -mindepth 1 >"$0.left"; exit $status' "$AUX/small")
}
after_disk_full() { [ ! -s "$AUX/small.left" ] || give_up "left on the disk: $(<"$AUX/small.left")"; }

fault_folder_removed() { rm -r pprof-runs; }

# ---- faults: signals, terminals --------------------------------------------------------------

fault_interrupt() { kill -s INT "$pid"; }
before_interrupt() {
	replicas 1
	[ "$phase" != settle ] || load+=(--think 20s) # too few requests to tell
}
fault_terminate() { kill -s TERM "$pid"; }
fault_hang_up() { kill -s HUP "$pid"; }

fault_killed() { kill -s KILL "$pid"; }
after_killed() { # what it was at work on has a name that says so, and nothing else is there
	same "what is left" "$(ls pprof-runs | sed 's/-[A-Za-z0-9]*$//')" run.partial
	rm -r pprof-runs
}

before_terminal_closed() {
	replicas 1
	launch=(env TERM=dumb /usr/bin/python3 "$CLUSTER/terminal.py" "$AUX/close" "$AUX/err")
}
fault_terminal_closed() { : >"$AUX/close"; }

before_output_closed() {
	replicas 1
	exec {nobody}> >(exec true)
	# shellcheck disable=SC2016 # the inner shell's
	launch=(bash -c '"$@" >&'"$nobody" bash)
}

# ---- what must hold ----------------------------------------------------------------------------

function_of() { declare -F "${1}_${fault//-/_}" >/dev/null; }

folder() { find pprof-runs -mindepth 1 -maxdepth 1 ! -name '*.partial-*' 2>/dev/null | head -n 1; }
rundir() { folder; }

check_line() {
	local errors
	errors=$(grep -c '^error:' "$AUX/err" || true)
	[ "$errors" -le 1 ] || give_up "$errors error lines"
	[ "$wanted_exit" != 1 ] || same "error lines" "$errors" 1
	if [ "$errors" = 1 ]; then
		[[ $(grep '^error:' "$AUX/err") =~ $line ]] || give_up "the error does not match: $line"
	else
		grep -Eqh -- "$line" "$AUX/out" "$AUX/err" || give_up "nothing matches: $line"
	fi
}

check_kept() {
	local kept=0 all
	case $wanted_kept in
	none) [ -z "$(folder)" ] || give_up "a run directory: $(folder)" ;;
	-) [ -z "$(folder)" ] || valid ;;
	*)
		valid
		same "partial" "$(field partial)" "$([ "$wanted_kept" = partial ] && echo true || echo false)"
		kept=$(find "$(folder)/slices" -name '*.pb.gz' 2>/dev/null | wc -l || true)
		;;
	esac
	[ "$kept" = 0 ] || holds cpu.pb.gz main.burn
	slices=$kept/$window
	all=$((window < 24 ? window : 24))
	[ "$most_lost" = - ] || [ $((all - kept)) -le "$most_lost" ] || give_up "$slices slices"
}

# What the run leaves open when it ends is not seen from here: the kernel of the other end knows.
check_sockets() {
	[ -z "${proxy_port:-}" ] || say pass
	[ ! -s "$AUX/sockets" ] || poll 15 "the connections to end" gone
}

seen_sockets() { ss -Htnp | grep "pid=$pid," | awk '{print $4, $5}' >"$AUX/sockets" || true; }

if function_of before; then "before_${fault//-/_}" 86400; else replicas $replicas; fi
[ "$phase" != start ] || "fault_${fault//-/_}"
began=${EPOCHREALTIME/./}
begin
if [ "$phase" != start ] && [ "$phase" != end ]; then
	reached "$(phase_name)"
	sleep 2.3 # into it: a slice or two are there
	seen_sockets
	began=${EPOCHREALTIME/./}
	"fault_${fault//-/_}"
fi
finish
took=$(((${EPOCHREALTIME/./} - began) / 100000))
slices=-
ended "$wanted_exit"
check_line
check_kept
check_sockets
[ $((took / 10)) -lt "$within" ] || give_up "it took $((took / 10)) s, at most $within are wanted"
if function_of after; then "after_${fault//-/_}"; fi
printf '%s %s %d.%d %s\n' "$fault" "$phase" $((took / 10)) $((took % 10)) "$status $slices" >"$AUX/row"
