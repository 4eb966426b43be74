# Ceilings of --max-rate and of the config file: no option goes over them, and a load by --vus that does is ended.
. "$E2E/lib.sh"
demo
load=(--profiles none --url "http://$http/json")
printf 'guard:\n  max-rate: 300/m\n  max-vus: 20\n' >limits
run loadtest "${load[@]}" --rate 6/s --config limits
run loadtest "${load[@]}" --rate 5/s --config limits --dry-run
run loadtest "${load[@]}" --rate 6/s --max-rate 10/s --config limits
run loadtest "${load[@]}" --rate 5/s --max-rate 4/s --config limits
run loadtest "${load[@]}" --stage 1s:6/s --config limits
run loadtest "${load[@]}" --stage 1s:21 --config limits
run loadtest "${load[@]}" --vus 21 --config limits
run loadtest "${load[@]}" --rate 5/s --max-vus 21 --config limits
run loadtest "${load[@]}" --find-capacity 'p(99)<50' --config limits --dry-run
run loadtest "${load[@]}" --max-rate x
printf 'guard:\n  max-rate: 5/x\n' >broken
run loadtest "${load[@]}" --config broken
printf 'guard:\n  max-vus: lots\n' >broken
run loadtest "${load[@]}" --config broken
printf 'guard:\n  max-vuss: 1\n' >broken
run loadtest "${load[@]}" --config broken
served

# So many requests cannot take less than a second at this ceiling.
rule 's|at [0-9]+/s, over|at N/s, over|'
rule "s|in phase '[a-z]+', and|in phase 'PHASE', and|"
status=0
"$PROGRAM" loadtest "${load[@]}" --vus 8 --max-rate 20/s --ramp 0s --settle 10s --window 60s --out run >"$AUX/out" 2>"$AUX/err" </dev/null ||
	status=$?
grep '^error' "$AUX/err" | shown
echo "[$status]"
check holds run 'the run says that it is partial' "run['partial'] and 'ceiling' in run['partial_why']"
rm -r run limits broken
