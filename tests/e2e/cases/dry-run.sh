# --dry-run prints the plan and sends nothing, needs no cluster, keeps nothing and shows no secret.
. "$E2E/lib.sh"
demo
run loadtest --dry-run --pprof-url "http://$pprof" --url "http://$http/json" --vus 8 --ramp 1s --window 3s
run loadtest --dry-run --pprof-url "http://$pprof" --url "http://$http/json" --baseline 10s --threads 2 --profiles heap,cpu \
	-H 'Authorization: Bearer geheim' -H 'Cookie: geheim' --body geheim --method PATCH
run loadtest --dry-run deploy/api -n shop --context prod --token geheim --pprof-port 6061 --pprof-path /p --port 8080 \
	--path /orders --by memory --pod-share 1/3
run loadtest --dry-run -l 'app in (a, b)' --profiles none
run loadtest --dry-run --pprof-url "http://$pprof" --url "http://$http/json" --vus 0
served
find .
