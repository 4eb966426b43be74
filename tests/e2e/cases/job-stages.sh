# Stages: up, held for the window, and down again; and a server too slow for the rate.
. "$E2E/lib.sh"
demo
before=$(served)
run loadtest --profiles none --url "http://$http/json" --stage 300ms:4 --stage 200ms:4 --stage 300ms:1 --think 2ms --settle 0s \
	--window 1s --out run
check counts run "$http" "$before"
check load run
check holds run 'the window came after the ramp' \
	"run['timeline']['window_begin']['elapsed_s'] - run['timeline']['load_started']['elapsed_s'] >= 0.3"
check holds run 'the load went on after the window, for the last stage' \
	"run['timeline']['load_stopped']['elapsed_s'] - run['timeline']['window_end']['elapsed_s'] >= 0.3"
check holds run 'and is counted apart' "run['load']['after']['requests'] > 0"
run loadtest --profiles none --url "http://$http/sleep?ms=100" --rate 100/s --vus 1 --max-vus 2 --ramp 0s --settle 0s --window 1s --out late
check holds late 'starts were dropped for want of a user' "run['load']['window']['dropped'] > 20"
