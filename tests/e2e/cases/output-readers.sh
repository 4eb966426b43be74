# What a run leaves is read by others' programs: latency.hlog by HdrHistogram's package, load.json by a report maker for
# k6's summaries.
. "$E2E/lib.sh"
[ -e "$READERS/whole" ] || skip 'tests/setup test has not fetched the readers'
demo
rule 's/^(  (ok|fail) +http_req.*)\([0-9.]+\)$/\1(N)/'
run loadtest --profiles none --url "http://$http/json" --rate 200/s --ramp 0s --settle 0s --window 2s --expect-status 200 \
	--expect-body '"' --threshold 'http_req_duration: p(95)<60000' --threshold 'http_reqs: count<1' --out run
"$READERS/python/bin/python" "$E2E/readers.py" histograms run
export READERS
node -e 'require(process.env.READERS + "/node/node_modules/k6-html-reporter").generateSummaryReport(
	{jsonFile: "run/load.json", output: "report"})' >/dev/null
# its words without markup: what it made of thresholds, checks and metrics
sed 's/<[^>]*>/ /g' report/report.html | tr -s ' \n' ' ' >"$AUX/report"
grep -oE 'passes: 1 fails: 1|[0-9]+ thresholds? w[a-z]+ not met' "$AUX/report"
grep -oE ' (status is 200|body holds "|body holds &#34;) [1-9][0-9]* 0 ' "$AUX/report" | sed -E 's/[0-9]+ 0 $/N 0/'
grep -oE 'http_req_(connecting|duration|receiving|sending|waiting) [0-9.]+ ms' "$AUX/report" | sed 's/ .*//' | sort -u
