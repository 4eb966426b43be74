# shellcheck shell=bash
# Takes down whatever there is of a cluster: all of it, or what a start that failed half-way left.

end() { # name... : asks, then insists
	local name pid
	for name in "$@"; do
		running "$name" || continue
		read -r pid _ <"$state/pids/$name"
		kill "$pid" 2>/dev/null || true
	done
	for name in "$@"; do
		ended_within 2 "$name" || kill -KILL "$(cut -d ' ' -f 1 "$state/pids/$name")" 2>/dev/null || true
		rm -f "$state/pids/$name"
	done
}

ended_within() { # seconds name
	local deadline=$((SECONDS + $1))
	while running "$2"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

# The shims of our containerd alone name its socket. They outlive it, so each goes with its containers.
shims() { pgrep -f -- "^[^ ]*containerd-shim-runc-v2 .*-address $socket( |\$)" || true; }

end_containers() {
	local shim
	for shim in $(shims); do
		ss -Hxlp | awk -v pid=",pid=$shim," 'index($0, pid) && $5 ~ "^/run/containerd/s/" {print $5}' | xargs -r rm -f
		pkill -KILL -P "$shim" || true
	done
	for shim in $(shims); do
		kill -KILL "$shim" 2>/dev/null || true
	done
}

# Deepest first, until none is left: a mount may lie upon another.
unmount_all() {
	local point
	for _ in 1 2 3; do
		awk -v under="$state/" 'index($5, under) == 1 {print $5}' /proc/self/mountinfo | sort -r |
			while read -r point; do umount -l "$point" 2>/dev/null || true; done
	done
}

remove_links() {
	local link
	for link in $pod_link $node_link; do
		ip link delete "$link" 2>/dev/null || true
	done
}

# All of Kubernetes' chains and the rules that lead there carry the prefix; other rules stay, counters and all.
# nfacct holds the counters that kube-proxy's rules add to.
remove_rules() {
	local family rules counter
	for family in iptables ip6tables; do
		rules=$($family-save -c 2>/dev/null) && [[ $rules = *KUBE-* ]] || continue
		grep -v KUBE- <<<"$rules" | $family-restore -c || say "some rules of $family could not be removed"
	done
	for counter in ct_state_invalid_dropped_pkts localhost_nps_accepted_pkts; do
		nfacct delete $counter 2>/dev/null || true
	done
}

remove_cgroups() {
	find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
}

# What the daemons leave in places that no option of theirs moves: what CNI remembers of each pod, the
# kubelet's links to logs and its socket for devices. Folders go if they are new and empty.
remove_files() {
	local result id folder
	for result in /var/lib/cni/results/kubectl-pprof-*; do
		id=${result##*/kubectl-pprof-}
		rm -f "$result" "/var/lib/cni/results/cni-loopback-${id%-eth0}-lo"
	done
	find /var/log/containers -lname "$state/*" -delete 2>/dev/null || true
	[ ! -f "$state/new-folders" ] || while read -r folder; do
		[ "$folder" != /var/log/pods ] || rm -rf "$folder" # where an old kubelet has its logs
		rm -f "$folder/device-plugins/kubelet.sock"
		find "$folder" -depth -type d -empty -delete 2>/dev/null || true
	done <"$state/new-folders"
}

note_new_folders() {
	local folder
	for folder in /run/containerd /var/lib/cni /var/lib/kubelet /var/log/containers /var/log/pods; do
		[ -d $folder ] || echo $folder
	done >"$state/new-folders"
}

# Of the kubelet, kube-proxy and CNI's bridge.
keep_sysctls() {
	sysctl -e net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.all.route_localnet vm.overcommit_memory vm.panic_on_oom \
		kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes \
		net.bridge.bridge-nf-call-iptables 2>/dev/null | tr -d ' ' >"$state/sysctls"
}

restore_sysctls() {
	[ ! -f "$state/sysctls" ] || sysctl -q -e -p "$state/sysctls" >/dev/null || true
}

stop() {
	[ -d "$state" ] || return 0
	end kube-proxy kubelet scheduler controller-manager apiserver
	end_containers
	end containerd etcd
	end_containers
	unmount_all
	remove_rules
	remove_links
	remove_cgroups
	remove_files
	restore_sysctls
	rm -rf --one-file-system "$state"
}
