# A pprof that listens on the pod's loopback only is reached, and every profile of it.
. "$CLUSTER/lib.sh"
service
! curl -s --max-time 5 -o /dev/null "http://$ip:6060/debug/pprof/" || give_up "pprof is not on loopback only"
run loadtest deploy/api --url "http://$ip:8080/cpu?us=2000" --vus 2 --ramp 1s --settle 2s --window 3s --baseline 2s \
	--profiles cpu,goroutine,heap,allocs,mutex,block,threadcreate,trace
ended 0
valid
holds cpu.pb.gz main.burn main.serveCPU
for file in goroutine heap allocs mutex block threadcreate; do
	[ -s "$(rundir)/$file.pb.gz" ] || give_up "no $file.pb.gz"
done
grep -q '^goroutine 1 \[' "$(rundir)/goroutine.txt" || give_up "goroutine.txt is none"
[ "$(head -c 7 "$(rundir)/trace.out")" = 'go 1.25' ] || [ "$(head -c 4 "$(rundir)/trace.out")" = 'go 1' ] ||
	give_up "trace.out is none"
[ -s "$(rundir)/idle/cpu.pb.gz" ] && [ -s "$(rundir)/idle/goroutine.pb.gz" ] || give_up "no baseline"
out "^Goroutines +[0-9]+ before the load, [0-9]+ in the middle of the window"
