# What a pprof says reaches the terminal as text only: names in a profile, error texts, content types.
. "$E2E/lib.sh"
demo
against() { run loadtest --pprof-url "http://$standin" --url "http://$http/json" "${quick[@]}" "$@"; }
standin pprof hostile
against --out names
check profiles names
against --out json -o json >"$AUX/transcript"
check document json json "$AUX/out"
against --out yaml -o yaml >"$AUX/transcript"
check document yaml yaml "$AUX/out"
standin pprof refusing
against --out refused
against --out refused-json -o json >"$AUX/transcript"
check document refused-json json "$AUX/out"
standin pprof garbage
against --out garbage
(cd garbage && find . -name '*.gz')
