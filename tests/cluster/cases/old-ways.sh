# The ways that a server from before SPDY inside WebSocket knows, found by itself and forced; the one that it does not
# know is refused in so many words.
# server 1.24.17
. "$CLUSTER/lib.sh"
service
goes_by websocket
for way in websocket spdy; do goes_by $way --tunnel $way; done
rm -rf pprof-runs
run loadtest deploy/api --tunnel spdy-websocket --url "http://$ip:8080/"
refused "spdy-websocket"
