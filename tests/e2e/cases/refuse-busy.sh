# CPU profiling is in use already: said before any load, and the other capture goes on.
. "$E2E/lib.sh"
demo
curl -sS "http://$pprof/debug/pprof/profile?seconds=60" -o "$AUX/other" 2>/dev/null &
servers+=($!)
until curl -sS "http://$pprof/debug/pprof/goroutine?debug=2" | grep -qF 'net/http/pprof.Profile('; do sleep 0.05; done
run loadtest --pprof-url "http://$pprof" --url "http://$http/json"
[ "$(served)" -le 1 ] && echo 'no load was sent'
kill -0 "${servers[1]}" && echo 'the other capture goes on'
curl -sS "http://$pprof/debug/pprof/profile?seconds=1" | tail -n 1
run loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" --profiles goroutine --out run
