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
		ended_within 5 "$name" || kill -KILL "$(cut -d ' ' -f 1 "$state/pids/$name")" 2>/dev/null || true
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
remove_rules() {
	local family
	for family in iptables ip6tables; do
		$family-save 2>/dev/null | grep -q KUBE- || continue
		$family-save -c | grep -v KUBE- | $family-restore -c || say "some rules of $family could not be removed"
	done
}

remove_cgroups() {
	find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
}

remove_logs() {
	find /var/log/containers -lname "$state/*" -delete 2>/dev/null || true
	rm -rf /var/lib/cni/results/kubectl-pprof-* /var/lib/cni/cache/results/kubectl-pprof-* 2>/dev/null || true
}

keep_sysctls() {
	sysctl -e net.ipv4.ip_forward net.ipv4.conf.all.route_localnet | tr -d ' ' >"$state/sysctls"
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
	remove_logs
	restore_sysctls
	rm -rf --one-file-system "$state"
}
