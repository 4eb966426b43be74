# The profile for profile-guided optimisation: go build takes it.
. "$E2E/lib.sh"
demo
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 8 --ramp 0s --settle 0s --window 3s --out run \
	--pgo default.pgo
cmp run/cpu.pb.gz default.pgo && echo 'it is the profile of the run'
check holds run 'it says where functions start' "run['pgo'] == {'file': 'default.pgo', 'written': True, 'start_lines': True}"
mkdir "$AUX/small"
printf 'module example.com/small\n\ngo 1.21\n' >"$AUX/small/go.mod"
printf 'package main\n\nfunc main() { println("built") }\n' >"$AUX/small/main.go"
cp default.pgo "$AUX/small"
(cd "$AUX/small" && export HOME=$AUX GOCACHE=$AUX/cache GOFLAGS=-mod=mod && go build -pgo=auto -o small . && ./small 2>&1 &&
	go version -m small | grep -c -- '-pgo=.*default.pgo')
# A file that is there is replaced; where none can be written nothing is sent.
echo old >old.pgo
run loadtest --pprof-url "http://$pprof" --url "http://$http/" "${quick[@]}" --quiet --pgo old.pgo --out again
cmp again/cpu.pb.gz old.pgo && echo 'it was replaced'
standin pprof hostile
run loadtest --pprof-url "http://$standin" --url "http://$http/" "${quick[@]}" --quiet --profiles cpu --pgo lacking.pgo --out lacking
check holds lacking 'it does not say where functions start' "run['pgo']['start_lines'] is False"
before=$(served)
run loadtest --pprof-url "http://$pprof" --url "http://$http/" "${quick[@]}" --pgo nowhere/default.pgo
run loadtest --pprof-url "http://$pprof" --url "http://$http/" "${quick[@]}" --pgo .
run loadtest --pprof-url "http://$pprof" --url "http://$http/" "${quick[@]}" --pgo x.pgo --profiles goroutine
[ "$(served)" = "$before" ] && echo 'nothing was sent'
