# The place of the run directory is lost meanwhile: what was found out is said all the same.
. "$E2E/lib.sh"
demo
mkdir place
start loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" --profiles goroutine --out place/run
await capture
rm -r place
finish
