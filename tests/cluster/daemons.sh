# shellcheck shell=bash
# Starts each daemon of the cluster, in the order in which they need each other.

spawn() { # name command... : its process id and start time go to the state folder
	local name=$1
	shift
	setsid "$@" >"$state/log/$name" 2>&1 </dev/null 8>&- 9>&- &
	echo "$! $(start_time $!)" >"$state/pids/$name"
	disown
}

start_time() { # pid : tells a process from a later one with the same id
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

running() { # name
	local pid started
	[ -f "$state/pids/$1" ] && read -r pid started <"$state/pids/$1" && [ "$(start_time "$pid")" = "$started" ]
}

start_etcd() {
	local url=http://127.0.0.1
	spawn etcd etcd --data-dir "$state/etcd" --unsafe-no-fsync --logger zap --log-level warn \
		--listen-client-urls $url:2379 --advertise-client-urls $url:2379 --listen-peer-urls $url:2380 \
		--initial-advertise-peer-urls $url:2380 --initial-cluster default=$url:2380
	await 20 etcd curl -sf $url:2379/health
}

start_containerd() {
	mkdir -p "$state/cni"
	cat >"$state/cni/10-pods.conflist" <<-END
		{"cniVersion": "0.4.0", "name": "kubectl-pprof", "plugins": [
		  {"type": "bridge", "bridge": "$pod_link", "isGateway": true, "hairpinMode": true, "ipam":
		    {"type": "host-local", "dataDir": "$state/cni-addresses", "ranges": [[{"subnet": "$pod_cidr"}], [{"subnet": "$pod_cidr6"}]],
		     "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}}]}
	END
	cat >"$state/containerd.toml" <<-END
		version = 2
		root = "$state/containerd"
		state = "$state/containerd-run"
		disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
		  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
		[grpc]
		  address = "$socket"
		[plugins."io.containerd.grpc.v1.cri"]
		  restrict_oom_score_adj = true
		  sandbox_image = "localhost/pause:test"
		  netns_mounts_under_state_dir = true
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		    conf_dir = "$state/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    snapshotter = "native"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		      runtime_type = "io.containerd.runc.v2"
		      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		        Root = "$state/runc"
	END
	spawn containerd containerd --config "$state/containerd.toml"
	await 20 containerd ctr_k8s version
	load_image localhost/pause:test "$cache/pause"
	load_image localhost/metrics-server:test "$metrics_server_program"
	load_image localhost/demo-service:test "$cache/demo-service"
}

# Who asked a kubelet for something is written down: nobody should who may not.
start_apiserver() {
	cat >"$state/audit.yaml" <<-END
		apiVersion: audit.k8s.io/v1
		kind: Policy
		omitStages: [RequestReceived]
		rules:
		- {level: Metadata, resources: [{group: "", resources: [nodes/proxy]}]}
		- {level: None}
	END
	spawn apiserver "$programs/kube-apiserver" \
		--audit-policy-file="$state/audit.yaml" --audit-log-path="$state/log/audit" \
		--etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range=$service_cidr,$service_cidr6 \
		--bind-address=$node_ip --advertise-address=$node_ip --secure-port=6443 \
		--authorization-mode=Node,RBAC --allow-privileged=true --client-ca-file="$pki/ca.crt" \
		--tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
		--kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
		--kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key" \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-account-key-file="$pki/accounts.pub" --service-account-signing-key-file="$pki/accounts.key" \
		--requestheader-client-ca-file="$pki/ca.crt" --requestheader-allowed-names=front-proxy \
		--requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
		--requestheader-extra-headers-prefix=X-Remote-Extra- --enable-aggregator-routing=true \
		--proxy-client-cert-file="$pki/front-proxy.crt" --proxy-client-key-file="$pki/front-proxy.key"
	await 60 "the API server" kube get --raw /readyz
}

start_controllers() {
	spawn controller-manager "$programs/kube-controller-manager" --kubeconfig="$state/controller-manager.conf" \
		--bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials \
		--root-ca-file="$pki/ca.crt" --service-account-private-key-file="$pki/accounts.key" \
		--cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key"
	spawn scheduler "$programs/kube-scheduler" --kubeconfig="$state/scheduler.conf" \
		--bind-address=127.0.0.1 --leader-elect=false
}

# What the configuration holds now was an option then; a setting that the old kubelet does not know it passes over.
kubelet_options() {
	[[ $kubernetes != 1.24.* ]] || echo "--container-runtime=remote --container-runtime-endpoint=unix://$socket"
}

start_kubelet() {
	cat >"$state/kubelet.yaml" <<-END
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		address: $node_ip
		authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $pki/ca.crt}}
		authorization: {mode: Webhook}
		tlsCertFile: $pki/kubelet.crt
		tlsPrivateKeyFile: $pki/kubelet.key
		containerRuntimeEndpoint: unix://$socket
		podLogsDir: $state/pods-log
		volumePluginDir: $state/volume-plugins
		cgroupDriver: cgroupfs
		failCgroupV1: false
		failSwapOn: false
		enforceNodeAllocatable: []
		evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 0%}
		makeIPTablesUtilChains: false
		resolvConf: ""
	END
	# shellcheck disable=SC2046 # several words they are
	spawn kubelet "$programs/kubelet" --config="$state/kubelet.yaml" --kubeconfig="$state/kubelet.conf" $(kubelet_options) \
		--root-dir="$state/kubelet" --hostname-override=$node --node-ip=$node_ip,$node_ip6
}

# Node ports answer on loopback and on the node's own address, not to the machine's neighbours. Pods share one
# bridge, past which an answer would not find its way back without the masquerade.
start_kube_proxy() {
	cat >"$state/kube-proxy.yaml" <<-END
		apiVersion: kubeproxy.config.k8s.io/v1alpha1
		kind: KubeProxyConfiguration
		clientConnection: {kubeconfig: $state/kube-proxy.conf}
		mode: iptables
		iptables: {masqueradeAll: true, localhostNodePorts: true, syncPeriod: 10s, minSyncPeriod: 100ms}
		nodePortAddresses: [127.0.0.0/8, $node_ip/32]
		bindAddress: $node_ip
		healthzBindAddress: 127.0.0.1:10256
		clusterCIDR: "$pod_cidr,$pod_cidr6"
		hostnameOverride: $node
		conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
	END
	spawn kube-proxy "$programs/kube-proxy" --config="$state/kube-proxy.yaml"
}
