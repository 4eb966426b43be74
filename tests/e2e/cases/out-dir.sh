# --out names the run directory, in whatever folder; without it the folder pprof-runs is made, or used.
. "$E2E/lib.sh"
demo
mkdir -m 755 elsewhere
kept() { run loadtest --profiles none --url "http://$http/json" "${quick[@]}" -q "$@"; }
kept --out elsewhere/run///
kept --out ./again
kept
kept
find . -mindepth 1 -maxdepth 2 -printf '%M %p\n' | shown | sort -k 2
