# From a network that has no way to the cluster but an SSH server at its border: the whole job works through that, and
# without it what cannot be reached is named.
. "$CLUSTER/lib.sh"
# shellcheck source=../settings.sh
. "$CLUSTER/settings.sh"
# shellcheck source=../../lib/sshd.sh
. "$CLUSTER/../lib/sshd.sh"
service
open_port

# The network: one cable to the border, and no route beyond.
space=kpp-ssh-$$ cable=kpp$$ border=10.246.0.1
ip netns add "$space"
at_end ip netns delete "$space"
ip link add "$cable" type veth peer name eth0 netns "$space"
ip address add $border/30 dev "$cable"
ip link set "$cable" up
ip -n "$space" address add 10.246.0.2/30 dev eth0
ip -n "$space" link set eth0 up
ip -n "$space" link set lo up

# The border lets in who has the key.
mkdir -p -m 700 "$HOME/.ssh" /run/sshd
ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"
cp "$HOME/.ssh/id_ed25519.pub" "$AUX/authorized"
sshd_at host $border || give_up "no SSH server: $(<"$AUX/host.log")"
at_end "kill $sshd; wait $sshd"
sed "s/^/[$border]:$port /" "$AUX/host.pub" >"$HOME/.ssh/known_hosts"

# from_outside ARGUMENT...: as `run`, in that network
from_outside() {
	echo "\$ (outside) kubectl pprof $*"
	status=0
	ip netns exec "$space" kubectl pprof "$@" >"$AUX/out" 2>"$AUX/err" </dev/null || status=$?
}
served() { asks /count | sed 's/.*"total":\([0-9]*\).*/\1/'; }
quick=(--vus 2 --baseline 1s --ramp 1s --settle 1s --window 3s --slice 1s)

# Nothing gets there by itself.
! ip netns exec "$space" curl -sk --max-time 5 -o /dev/null "$api/healthz" || give_up "the API server is within reach"
from_outside loadtest deploy/api --port 8080 "${quick[@]}"
refused "cannot reach the API server '$api' of context 'test': .*Network is unreachable; is the cluster up\?"

from_outside loadtest deploy/api --port 8080 --path '/cpu?us=2000' "${quick[@]}" --ssh "root@$border:$port"
ended 0
valid
holds cpu.pb.gz main.burn
same "the bastion" "$(field target.bastion)" "root@$border:$port"
same "whole" "$(field captures.0.partial)" false
rm -r pprof-runs

# The node port through it as well; the service counts what came.
before=$(served)
from_outside loadtest deploy/api --url "http://$node_ip:$node_port/cpu?us=2000" "${quick[@]}" --ssh "root@$border:$port" --ssh-for both
ended 0
valid
holds cpu.pb.gz main.burn
same "through the bastion" "$(field target.bastion_bound)" true
same "failed" "$(field load.window.failed)" 0
[ $(($(served) - before)) -gt "$(field load.window.requests)" ] || give_up "the service has not seen the load"
rm -r pprof-runs

# Captured through it, but the load straight: that has no way.
from_outside loadtest deploy/api --url "http://$node_ip:$node_port/" "${quick[@]}" --ssh "root@$border:$port"
refused "send one request to 'http://$node_ip:$node_port/': .*it goes straight; --ssh-for both sends it through the bastion"
