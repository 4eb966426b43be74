# The place of the run directory is lost meanwhile: it is made anew; where that cannot be, what was found out is said.
. "$E2E/lib.sh"
demo
lose() {
	mkdir place
	start loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" --profiles goroutine --out place/run
	await capture
	rm -r place
	"$@"
	finish
}
lose true
find place -type f | sort
rm -r place
lose touch place
