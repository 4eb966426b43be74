# The ways that a server from before SPDY inside WebSocket knows, found by itself and forced; the one that it does not
# know is refused in so many words.
# server 1.24.17
. "$CLUSTER/lib.sh"
service
run loadtest deploy/api --port 8080 --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s
ended 0
holds cpu.pb.gz main.burn
same "the way" "$(field tunnel.way)" websocket
same "failed requests" "$(field load.window.failed)" 0
for way in websocket spdy; do
	rm -rf pprof-runs
	run loadtest deploy/api --tunnel $way --port 8080 --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s
	ended 0
	holds cpu.pb.gz main.burn
	same "the way" "$(field tunnel.way)" $way
	same "failed requests" "$(field load.window.failed)" 0
done
rm -rf pprof-runs
run loadtest deploy/api --tunnel spdy-websocket --url "http://$ip:8080/"
refused "spdy-websocket"
