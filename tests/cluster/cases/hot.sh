# The busiest of three pods is picked, as kubectl top orders them; its profile holds the handler under load.
# alone
. "$CLUSTER/lib.sh"

order() { # names of the pods of `api` by CPU: kubectl's
	kubectl top pods -l app=api --sort-by=cpu --no-headers | awk '{print $1, $2}'
}
is_hot() { [[ $(order | head -n 1) =~ ^$hot\ [1-9][0-9]{2}m$ ]]; }

"$CLUSTER/cluster" heat 200 >"$AUX/hot" &
heater=$!
at_end "kill $heater; wait $heater"
poll 20 "the heated pod's name" test -s "$AUX/hot"
hot=$(<"$AUX/hot")
poll 90 "metrics of the heated pod" is_hot

# New figures may come between the two commands.
for _ in 1 2 3 4 5; do
	before=$(order)
	run top -l app=api --no-headers
	ended 0
	[ "$before" != "$(order)" ] || break
done
same "the hottest" "$(awk 'NR == 1 {print $1, $2}' "$AUX/out")" "$(head -n 1 <<<"$before")"
# kubectl leaves the order of pods with the same figure to chance
same "the figures" "$(awk '{print $2}' "$AUX/out")" "$(awk '{print $2}' <<<"$before")"
same "the pods" "$(awk '{print $1, $2}' "$AUX/out" | sort)" "$(sort <<<"$before")"

# So many connections that each pod has some; nothing but the load is in the profile.
start loadtest deploy/api --url http://127.0.0.1:30080/json --vus 32 --ramp 1s --settle 4s --window 4s --slice 2s
reached target
kill $heater
finish
ended 0
same "the pod" "$(field target.pod)" "$hot"
out "^Target +default/$hot \(highest CPU of 3 ready pods: [1-9][0-9]{2}m \(metrics of [0-9:]{8} UTC, window [0-9]+s\)\)"
err "^target +default/$hot .highest CPU"
out "^Pprof +port 6060/debug/pprof \(annotation profiles.grafana.com/cpu.port\)"
valid
holds cpu.pb.gz main.serveJSON main.makeItems
check table "$(rundir)/run.json" "$AUX/top"
