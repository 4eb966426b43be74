# Somebody else profiles the CPU already: that is said, and no load is sent.
. "$CLUSTER/lib.sh"
service
kubectl port-forward "$pod" :6060 >"$AUX/forward" 2>&1 &
at_end "kill $!; wait $!"
poll 20 "the port-forward" grep -q '^Forwarding from 127' "$AUX/forward"
port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$AUX/forward")
# again when the question below came first
until curl -sf -o /dev/null "http://127.0.0.1:$port/debug/pprof/profile?seconds=60"; do sleep 0.1; done &
at_end "kill $!; wait $!"
is_busy() { curl -s "http://127.0.0.1:$port/debug/pprof/profile?seconds=1" | grep 'already in use'; }
poll 20 "the other profile" is_busy
before=$(asks /count | sed 's/.*"total":\([0-9]*\).*/\1/')
run loadtest deploy/api --url "http://$ip:8080/"
refused "CPU profiling is already in use in '$ns/$pod'"
# no more than the probe
same "requests" "$(asks /count | sed 's/.*"total":\([0-9]*\).*/\1/')" $((before + 1))
run loadtest deploy/api --url "http://$ip:8080/" --profiles goroutine,heap --vus 1 --ramp 0s --settle 1s --window 1s
ended 0
