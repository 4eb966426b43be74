# No pprof where it should be; no load is sent then.
. "$E2E/lib.sh"
demo
refused() { run loadtest --pprof-url "$1" --url "http://$http/json" "${@:2}"; }
refused http://127.0.0.1:1
refused http://name.invalid:6060
refused "http://$http" # twice asked for pprof, it counts that
refused "http://$pprof" --pprof-path /debug
refused "http://$pprof/somewhere/else"
refused "https://$pprof"
standin web plain
refused "http://$standin"
standin web banner
refused "http://$standin"
served
ls -A
