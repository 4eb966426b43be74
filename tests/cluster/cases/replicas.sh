# Three replicas captured in the same window: summed, each kept, the hot one found. Load through the tunnels goes to
# all of them.
. "$CLUSTER/lib.sh"
own_namespace
workload Deployment 3 | kubectl apply -f - >/dev/null
kubectl wait --for=condition=Available --timeout=90s deployment/api >/dev/null
names=$(kubectl get pods -l app=api --no-headers -o custom-columns=N:.metadata.name)

samples() { # FILE: of its CPU
	"$PPROF" -top -sample_index=samples "$1" 2>/dev/null | sed -n 's/.*Total samples = \([0-9]*\).*/\1/p; s/^Showing nodes accounting for [0-9]*, .* of \([0-9]*\) total$/\1/p' | head -n 1
}

run loadtest deploy/api --port 8080 --path '/cpu?us=3000' --vus 6 --pods all --ramp 1s --settle 1s --window 6s --slice 1s \
	--profiles cpu,goroutine,heap,allocs,trace --cooldown 1s
ended 0
valid
sum=0
for name in $names; do
	err "^(target|pod) +$ns/$name "
	for file in {,idle/,after/}goroutine.{pb.gz,txt} {cpu,heap,allocs}.pb.gz trace.out; do
		[ -s "$(rundir)/pods/$name/$file" ] || give_up "no pods/$name/$file"
	done
	holds "pods/$name/cpu.pb.gz" main.burn
	out "^ +[0-9.]+% +[0-9.]+ +± *[0-9]+% +[0-9]+ +[0-9]+  $name\$"
	sum=$((sum + $(samples "$(rundir)/pods/$name/cpu.pb.gz")))
done
[ $sum -gt 100 ] || give_up "$sum samples"
same "samples of the sum" "$(samples "$(rundir)/cpu.pb.gz")" $sum
same "slices" "$(find "$(rundir)/slices" -name 'cpu-*.pb.gz' | wc -l)" 6
same "share" "$(field target.share)" 1
out '^  ok .*no pod restarted or was replaced'
kubectl get pods -l app=api --no-headers -o custom-columns=N:.metadata.name,I:.status.podIP >"$AUX/pods"
check replicas "$(rundir)/run.json" "$AUX/pods"

# All load to one of them: a finding, and no other work.
the_pod
run loadtest deploy/api --url "http://$ip:8080/cpu?us=3000" --vus 2 --pods 3 --ramp 1s --settle 1s --window 5s --slice 1s
ended 0
out "^ +[0-9.]+% ±.*hot-replica: pod $pod uses [0-9.]+ cores, the others "
check hot "$(rundir)/run.json" "$pod"

run loadtest deploy/api --url "http://$ip:8080/" --pods 7 --requests 10 --profiles none
ended 2
err "^error: --pods 7: there are no pods to capture from"
run loadtest deploy/api --port 8080 --path '/cpu?us=1000' --vus 2 --pods 7 --ramp 1s --settle 0s --window 1s --slice 1s
ended 0
err '^note +only 3 of the 7 pods that --pods asks for'
