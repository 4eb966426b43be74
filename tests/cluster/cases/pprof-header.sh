# A pprof that asks for a header: its value reaches the pod and nothing else.
. "$CLUSTER/lib.sh"
service -pprof-header 'Authorization: Bearer planted-secret' -pprof :6060
run loadtest deploy/api --url "http://$ip:8080/cpu?us=2000"
ended 1
err "what answers is not pprof: HTTP 401"
printf '# for the profiler\nAuthorization: Bearer planted-secret\n' >"$AUX/headers"
run loadtest deploy/api --pprof-header "@$AUX/headers" --url "http://$ip:8080/cpu?us=2000" --vus 2 --ramp 1s --settle 1s --window 2s
ended 0
holds cpu.pb.gz main.burn
same "the header's name" "$(field plan.target.pprof_headers)" '["Authorization"]'
! grep -r planted-secret "$(rundir)" "$AUX/out" "$AUX/err" || give_up "the secret is written"
rm -rf pprof-runs
run loadtest deploy/api --pprof-header "@$AUX/headers" --tunnel proxy --url "http://$ip:8080/"
refused "an Authorization header for pprof cannot pass the API server's proxy"
! grep planted-secret "$AUX/err" || give_up "the secret is written"
