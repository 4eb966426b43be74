# Words that mean nothing, or contradict each other: one line, the nearest name, exit 2, nothing sent.
. "$E2E/lib.sh"
demo
local=(--pprof-url "http://$pprof" --url "http://$http/json")
run loadtst
run xyzzy
run --vus 3
run -n shop loadtest
run help lodatest
run version now
run loadtest --vuss 3
run loadtest --profile cpu
run loadtest --xyzzy
run loadtest -Z
run loadtest --vus
run loadtest -n
run loadtest one two
run loadtest -l app=api deploy/api
run loadtest dep/api -s http://127.0.0.1:1
run loadtest deploy/API -s http://127.0.0.1:1
run loadtest "${local[@]}" deploy/api
run loadtest --pprof-url "http://$pprof"
run loadtest --profiles none
run loadtest "${local[@]}" --port 8080
run loadtest "${local[@]}" --body x --body-file y
run loadtest "${local[@]}" --quiet=perhaps
run loadtest "${local[@]}" -o xml
run loadtest "${local[@]}" --by disk
run loadtest "${local[@]}" --profiles cpuu
run loadtest "${local[@]}" --profiles cpu,,heap
run loadtest "${local[@]}" --profiles ''
run top one two
run top -A deploy/api --server http://127.0.0.1:1
served
