# Load through the tunnel reaches the pod, is counted as the service counts it, and is marked as bound by the tunnel.
. "$CLUSTER/lib.sh"
service
before=$(asks /count | sed 's/.*"total":\([0-9]*\).*/\1/')
run loadtest "$pod" --port 8080 --path /json --vus 4 --think 5ms --ramp 1s --settle 2s --window 4s
ended 0
check counts "$(rundir)/run.json" "$ip:8080" "$before"
out "^Load .*, tunnel-bound"
out "^  warn .*through the tunnel"
same "tunnel_bound" "$(field target.tunnel_bound)" true
holds cpu.pb.gz main.serveJSON
same "the failed" "$(field load.window.failed)" 0
