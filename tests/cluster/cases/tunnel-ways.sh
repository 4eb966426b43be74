# Every way of the tunnel, forced, to a pprof on loopback; the API server's proxy does not reach that one.
. "$CLUSTER/lib.sh"
service
for way in websocket spdy-websocket spdy; do
	rm -rf pprof-runs
	run loadtest deploy/api --tunnel $way --port 8080 --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s
	ended 0
	holds cpu.pb.gz main.burn
	same "the way" "$(field tunnel.way)" $way
	same "failed requests" "$(field load.window.failed)" 0
	out "^Pprof .*through a tunnel inside this process \\($way\\)"
done
rm -rf pprof-runs
run loadtest deploy/api --tunnel proxy --url "http://$ip:8080/"
refused "nothing listens on port 6060 at the pod's address, and the API server's proxy does not reach 127.0.0.1 in the pod"
