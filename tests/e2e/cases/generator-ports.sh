# No local port is left: connections are made anew for each request, in a network of our own that has 8 ports.
# Named as the limit that it is, which lies with the generator, in the summary and in run.json.
. "$E2E/lib.sh"
[ -n "${OWN_NET:-}" ] || unshare -rn true 2>/dev/null || skip 'a network namespace is not ours to make here'
[ -n "${OWN_NET:-}" ] || exec unshare -rn env OWN_NET=1 bash "$0"
ip link set lo up
echo 40000 40007 >/proc/sys/net/ipv4/ip_local_port_range
demo
run loadtest --profiles none --url "http://$http/json" --no-keepalive --vus 16 --ramp 0s --settle 0s --window 3s --out run
check holds run 'it is counted' "run['load']['window']['no_local_port'] == run['load']['window']['errors']['connect'] > 0"
check holds run 'it is the reason' "run['load']['saturated'] and 'free local port' in run['load']['saturated_reason']"
