# shellcheck shell=bash
# A real SSH server of a test's own.

# sshd_at NAME ADDRESS: on a free port of that address; its key is $AUX/NAME, and who has a key of $AUX/authorized is
# let in. $sshd is its process, which the caller ends, $port its port.
sshd_at() {
	ssh-keygen -q -t ed25519 -N '' -f "$AUX/$1"
	for port in $(shuf -n 20 -i 20000-29999); do
		cat >"$AUX/$1.conf" <<-END
			ListenAddress $2:$port
			HostKey $AUX/$1
			AuthorizedKeysFile $AUX/authorized
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			UsePAM no
			StrictModes no
			PidFile none
		END
		/usr/sbin/sshd -D -e -f "$AUX/$1.conf" 2>"$AUX/$1.log" &
		sshd=$!
		until grep -qs 'listening on' "$AUX/$1.log" || ! kill -0 $sshd 2>/dev/null; do sleep 0.02; done
		! kill -0 $sshd 2>/dev/null || return 0
	done
	return 1
}
