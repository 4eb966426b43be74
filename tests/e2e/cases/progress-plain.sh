# Without a terminal: a line for each phase, and one every five seconds inside it, with figures from the first.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 4 --think 5ms --ramp 6s --settle 4s --window 1s \
	--baseline 6s --profiles cpu --out run
grep -E '^idle +5s of 6s$' "$AUX/err" >"$AUX/idle" && echo 'a line in the baseline'
grep -E '^ramp +[5-9]s( of 6s)?  [34]/4 VUs  [1-9][0-9,]* req/s  p50 [0-9.]+[mu]?s p99 [0-9.]+[mu]?s  0 failed$' "$AUX/err" \
	>"$AUX/ramp" && echo 'a line in the ramp'
