# The target suffers in mid-run: the load stops at once, what was got is kept, and the line says why.
. "$E2E/lib.sh"
demo
rule 's/\([0-9.e+-]+ over the last [0-9.]+ s\)/(N over the last N s)/'
rule 's/^(Failed +).*/\1(how they failed)/'
rule '/^Latency /d' # the service may have been gone before the window
to=(loadtest --profiles none --url "http://$http/json" --vus 2 --think 5ms --ramp 0s --settle 0s)
run "${to[@]}" --window 1s --out good --abort-if 'p(99)>60000' --abort-if 'http_reqs: rate<1'
start "${to[@]}" --window 1h --out bad --abort-if 'http_req_failed: rate>0.5'
await capture
until [ "$(served)" -gt 400 ]; do sleep 0.02; done
stop_server "$demo" KILL
finish
check holds bad 'it ended soon after, though most requests of the run were good' \
	"run['partial'] and run['load']['window']['failed'] > 0 and run['timeline']['ended']['elapsed_s'] < 300"
for wrong in 'p(99)' 'http_req_failed{phase:window}: rate>0.1' 'p(99)>1, abortOnFail' 'http_req_duration{status:503}: avg>1' restarts; do
	run "${to[@]}" --window 1s --abort-if "$wrong"
done
