# No ready pod: its state is said, and no load is sent.
. "$CLUSTER/lib.sh"
run loadtest deploy/noready --url http://127.0.0.1:30080/
refused "no ready pod among the 1 of deployment/noready .*: noready-[a-z0-9-]+: not Ready \(0/1\)"
