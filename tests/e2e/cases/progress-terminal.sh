# On a terminal: one live line that is cut to its width, replaced, and gone at the end.
. "$E2E/lib.sh"
demo
live() { # COLUMNS ARGUMENT...
	status=0
	/usr/bin/python3 "$E2E/terminal.py" "$1" "$AUX/err" "$PROGRAM" loadtest --pprof-url "http://$pprof" \
		--url "http://$http/json" --vus 2 --think 5ms --ramp 1s --settle 0s --window 1s --baseline 1s "${@:2}" \
		>"$AUX/out" </dev/null || status=$?
	check live "$1" "$AUX/err" | shown
	echo "[$status]"
}
live 200 --out wide
live 40 --out narrow
TERM=dumb live 80 --out dumb
live 80 --out quiet -q
live 80 --out wide
