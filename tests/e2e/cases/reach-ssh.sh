# Through a real sshd: pprof alone, then the load as well; whom it lets in and whom we trust; a jump host.
. "$E2E/lib.sh"
# shellcheck source=../../lib/sshd.sh
. "$ROOT/tests/lib/sshd.sh"
demo
home=$HOME/.ssh
mkdir -m 700 "$home"
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
key() { ssh-keygen -q -t ed25519 -N '' -f "$1"; }

# sshd_start NAME: a server of its own on a free port; $port
sshd_start() {
	sshd_at "$1" 127.0.0.1 || give_up "no SSH server: $(<"$AUX/$1.log")"
	servers+=("$sshd")
	rule "s/$port/${1^^}/g"
	print=$(ssh-keygen -lf "$AUX/$1" | cut -d ' ' -f 2)
	rule "s|${print//+/[+]}|SHA256:${1^^}|"
}
known() { sed "s/^/[127.0.0.1]:$1 /" "$2.pub"; }

rule "s/$(id -un)@/USER@/g"
rule "s|$HOME|HOME|g"
name "$AUX" AUX
sshd_start bastion
bastion=$port bastion_pid=${servers[-1]}
to=(loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" --ssh "127.0.0.1:$bastion")
echo '# nobody vouches for the host, nor for the user'
run "${to[@]}"
known "$bastion" "$AUX/bastion" >"$home/known_hosts"
run "${to[@]}"
key "$home/id_ed25519"
run "${to[@]}"
served

echo '# pprof through it, then the load too'
cat "$home/id_ed25519.pub" >"$AUX/authorized"
before=$(served)
run "${to[@]}" --out one
check counts one "$http" "$before"
before=$(served)
run "${to[@]}" --out two --ssh-for both --allow-host 127.0.0.1
check counts two "$http" "$before"
check holds two 'the run says which way it went' "run['target']['bastion'].endswith(':$bastion')
	and run['target']['bastion_bound'] and run['load']['window']['failed'] == 0"
run loadtest --profiles none --url http://127.0.0.1:9/ --ssh "127.0.0.1:$bastion" --ssh-for load
run loadtest --profiles none --url http://127.0.0.1:9/ --ssh "127.0.0.1:$bastion" --ssh-for load --allow-host 127.0.0.1 "${quick[@]}"

echo '# another host key than the known one, a revoked one, a hashed name'
key "$AUX/other"
known "$bastion" "$AUX/other" >"$home/known_hosts"
run "${to[@]}"
{ echo "@revoked * $(cat "$AUX/other.pub")"; echo "@revoked $(known "$bastion" "$AUX/bastion")"; known "$bastion" "$AUX/bastion"; } >"$home/known_hosts"
run "${to[@]}"
known "$bastion" "$AUX/bastion" >"$home/known_hosts"
ssh-keygen -q -H -f "$home/known_hosts" >/dev/null 2>&1 && rm "$home/known_hosts.old"
run "${to[@]}" --quiet --out three

echo '# the session is cut in the window, and made anew'
rule 's/^  .*cpu.pb.gz (is incomplete|at the second try).* was lost.*/  LEVEL    (what became of the slice)/' # by when it came
start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 5ms --ramp 0s --settle 0s \
	--window 4s --slice 1s --ssh "127.0.0.1:$bastion" --out cut
await capture
pkill -P "$bastion_pid" # the server's process for this session alone
finish
check holds cut 'some slices came after it' "run['captures'][0]['captured'] and 'was lost' in run['captures'][0]['error']"

echo '# a key from ssh-agent, by names of ~/.ssh/config, through a jump host'
sshd_start inner
known "$port" "$AUX/inner" >>"$home/known_hosts"
mv "$home/id_ed25519" "$AUX/agents"
SSH_AUTH_SOCK=$AUX/agent
export SSH_AUTH_SOCK
ssh-agent -D -a "$SSH_AUTH_SOCK" >/dev/null &
servers+=($!)
until [ -S "$SSH_AUTH_SOCK" ]; do sleep 0.02; done
ssh-add -q "$AUX/agents"
cat >"$home/config" <<END
Host in?er
	HostName 127.0.0.1
	Port $port
	ProxyJump gate
Host gate
	HostName 127.0.0.1
	Port $bastion
END
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" --ssh inner --ssh-for both --allow-host 127.0.0.1 --quiet --out four
grep -c 'Accepted publickey' "$AUX/bastion.log" "$AUX/inner.log" | sed "s|$AUX/||"
echo "ProxyJump inner,gate" >>"$home/config"
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --ssh gate

echo '# what cannot be'
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --ssh 'a b'
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --ssh host:0
run loadtest --profiles none --url "http://$http/json" --ssh host
run loadtest --profiles none --url "http://$http/json" --ssh-for load
stop_servers
rm -r "$home"
