# A pod that is deleted in mid-run is named; what was got until then is kept.
. "$CLUSTER/lib.sh"
service
start loadtest deploy/api --port 8080 --path '/cpu?us=5000' --vus 2 --ramp 1s --settle 1s --window 120s --slice 1s
reached capture
sleep 3
kubectl delete pod "$pod" --wait=false >/dev/null
finish
ended 1
err "^error: .*$pod' was deleted during the run; .* is in '"
valid
same "partial" "$(field partial)" true
holds cpu.pb.gz main.burn
out '^Verdict +not trusted'
out "^  fail .*$pod' was deleted"
