# shellcheck shell=bash
# What the other files agree on: versions, places, addresses, names; and the few helpers they share.

# The other one, for `tests/run old`, is the oldest that Go's modules have whole: it knows no SPDY inside WebSocket.
kubernetes=${KUBECTL_PPROF_KUBERNETES:-1.35.4}
metrics_server=0.9.0

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-pprof
programs=$cache/k8s-$kubernetes
metrics_server_program=$cache/metrics-server-$metrics_server/metrics-server
state=${KUBECTL_PPROF_CLUSTER:-/run/kubectl-pprof-cluster}
failure_log=$cache/cluster-log
pki=$state/pki
socket=$state/containerd.sock

node=node1
node_link=kpp-node
pod_link=kpp-pods
node_ip=10.245.0.1 node_ip6=fd00:245::1
pod_cidr=10.244.0.0/24 pod_cidr6=fd00:244::/64
service_cidr=10.96.0.0/16 service_cidr6=fd00:96::/112
api_service_ip=10.96.0.1
api=https://$node_ip:6443
node_port=30080

say() { echo "cluster: $*" >&2; }

die() {
	say "$*"
	exit 1
}

await() { # seconds what command... : polls until the command succeeds
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || { say "gave up waiting for $what; see $state/log"; return 1; }
		sleep 0.1
	done
}

kube() { "$programs/kubectl" --kubeconfig="$state/admin.conf" "$@"; }
ctr_k8s() { ctr --address "$socket" --namespace k8s.io "$@"; }
