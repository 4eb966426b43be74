# An API server behind a path, as behind Rancher: `kubectl proxy --api-prefix`.
. "$CLUSTER/lib.sh"
service
kubectl proxy --port=0 --api-prefix=/some/where >"$AUX/proxy" 2>&1 &
at_end "kill $!; wait $!"
poll 20 "the proxy" grep -q '^Starting to serve on' "$AUX/proxy"
address=$(sed -n 's/^Starting to serve on //p' "$AUX/proxy")
user_config nobody '' "server: \"http://$address/some/where\""
KUBECONFIG=$AUX/nobody.conf run loadtest deploy/api --port 8080 --path /json --vus 2 --ramp 1s --settle 1s --window 2s
ended 0
holds cpu.pb.gz main.serveJSON
same "the server" "$(field target.server)" "http://$address/some/where"
