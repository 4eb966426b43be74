# Nobody waits for answers that do not come: not when interrupted, and for a moment only when the run is over.
. "$E2E/lib.sh"
standin web slow "$AUX/asked"
options=(--profiles none --url "http://$standin/" --vus 4 --ramp 0s --timeout 1h)
touch "$AUX/asked"
start loadtest "${options[@]}" --settle 1h --out interrupted
await settle
until [ "$(wc -l <"$AUX/asked")" = 5 ]; do sleep 0.02; done
send INT
finish
grep '^In flight ' "$AUX/out"
check load interrupted
check holds interrupted 'all were in flight' "run['load']['censored'] == 4 and total(run, 'requests') == 0"
stop_server "${servers[0]}"

standin web slow
run loadtest --profiles none --url "http://$standin/" "${options[@]:4}" --settle 0s --window 1s --out over
grep '^In flight ' "$AUX/out"
check load over
check holds over 'all were in flight' "run['load']['censored'] == 4 and total(run, 'requests') == 0"
