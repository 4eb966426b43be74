# The requests that a run counts inside its window, and in all, are those that the service counts. Load to the pod's
# own address.
. "$CLUSTER/lib.sh"
service
before=$(asks /count | sed 's/.*"total":\([0-9]*\).*/\1/')
run loadtest deploy/api --url "http://$ip:8080/" --vus 8 --think 3ms --ramp 1s --settle 2s --window 4s
ended 0
check counts "$(rundir)/run.json" "$ip:8080" "$before"
same "the share" "$(field target.share)" 1
out "^  ok .* all captures began and ended inside the load"
out "^Load .*http://$ip:8080/, 8 VUs"
