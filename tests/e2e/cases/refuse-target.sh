# A target that takes no load: refused, unknown, silent, not HTTP.
. "$E2E/lib.sh"
demo
refused() { run loadtest --pprof-url "http://$pprof" --url "$1" "${@:2}"; }
refused http://127.0.0.1:1/
refused http://name.invalid/ --allow-host name.invalid
standin web banner
refused "http://$standin/"
standin api silent
refused "http://$standin/" --timeout 200ms
ls -A
