# Metrics for Prometheus: scraped while the load runs, whatever others do to the listener meanwhile; a port that is taken
# is said before any load.
. "$E2E/lib.sh"
[ -e "$READERS/whole" ] || skip 'tests/setup test has not fetched the readers'
demo
start loadtest --profiles none --url "http://$http/json" --vus 2 --think 5ms --ramp 0s --settle 0s --window 1h \
	--prometheus-listen 127.0.0.1:0 --out run
await metrics
address=$(sed -n 's|^metrics http://\(.*\)/metrics$|\1|p' "$AUX/err")
name "$address" LISTENER
"$READERS/python/bin/python" "$E2E/readers.py" scrape "$address"
/usr/bin/python3 "$E2E/hostile_scrapes.py" "$address" "$READERS/python/bin/python" "$E2E/readers.py"
echo '$ kubectl pprof loadtest --profiles none --url http://SERVICE/json --prometheus-listen LISTENER --out taken'
"$PROGRAM" loadtest --profiles none --url "http://$http/json" --prometheus-listen "$address" --out taken 2>&1 | shown || true
send INT
finish
check holds run 'the load was not disturbed' "total(run, 'failed') == 0 and total(run, 'requests') > 100"
