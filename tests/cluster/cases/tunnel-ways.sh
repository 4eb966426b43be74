# Every way of the tunnel, forced, to a pprof on loopback; the API server's proxy does not reach that one.
. "$CLUSTER/lib.sh"
service
for way in websocket spdy-websocket spdy; do goes_by $way --tunnel $way; done
rm -rf pprof-runs
run loadtest deploy/api --tunnel proxy --url "http://$ip:8080/"
refused "nothing listens on port 6060 at the pod's address, and the API server's proxy does not reach 127.0.0.1 in the pod"
