# k6's thresholds: in the summary, in run.json and load.json, and in the exit status.
. "$E2E/lib.sh"
demo
rule 's/ \([0-9.e+-]+\)$/ (N)/'
run loadtest --profiles none --url "http://$http/json" --vus 2 --requests 200 --out good \
	--threshold 'http_req_duration{status:200}: p(95)<60000' --threshold 'http_req_failed: rate<0.01' --threshold 'http_reqs: count==200'
check load good
check holds good 'all hold' "all(t['ok'] for t in run['thresholds']) and len(run['thresholds']) == 3"
run loadtest --profiles none --url "http://$http/json" --vus 2 --requests 200 --out bad --threshold 'http_req_duration: avg<0.001'
check load bad
run loadtest --profiles none --url "http://$http/json" --vus 2 --ramp 0s --settle 0s --window 1m --out abort \
	--threshold 'http_req_duration: min<0.001, abortOnFail, delayAbortEval=1s'
check holds abort 'the run ended long before its time' "run['partial'] and run['timeline']['ended']['elapsed_s'] < 40"
for wrong in 'http_req_duration' 'http_req_duratio: p(95)<1' 'http_req_duration: p(95)' 'http_req_duration: p(95)<' \
	'http_req_duration: rate<1' 'http_req_failed: rate=<1' 'http_req_duration{code:200}: avg<1' 'http_req_lag: p(99)<1'; do
	run loadtest --profiles none --url "http://$http/json" --threshold "$wrong"
done
