# -o json and -o yaml print what run.json holds.
. "$E2E/lib.sh"
demo
for form in json yaml; do
	"$PROGRAM" loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 2ms --ramp 100ms \
		--settle 0s --window 1s --out "$form" -o "$form" -H 'X-Secret: tell-nobody-of-this' >"$AUX/$form" 2>"$AUX/err"
	shown <"$AUX/err"
	check printable "$AUX/$form" "$AUX/err"
	check document "$form" "$form" "$AUX/$form"
	! grep -rq tell-nobody-of-this "$form" || echo "a header's value is in the run directory"
done
