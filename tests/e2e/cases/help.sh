# Help comes from the option tables, and says the program's name as it was called.
. "$E2E/lib.sh"
run
"$PROGRAM" --help | cmp - "$AUX/out"
"$PROGRAM" -h | cmp - "$AUX/out"
"$PROGRAM" help | cmp - "$AUX/out"
run help top
run top --help --xyzzy
run version --help
run help version
"$PROGRAM" version | sed 's/(libcurl.*)/(LIBRARIES)/'
"$PROGRAM" --version | cmp - <("$PROGRAM" version)

"$PROGRAM" help loadtest >"$AUX/loadtest"
"$PROGRAM" loadtest -o yaml --help | cmp - "$AUX/loadtest"
sed '/^Target:/,$d' "$AUX/loadtest"
listed() { # FILE SOURCE...: the options in the tables of SOURCE that are not in FILE
	local file=$1 name
	shift
	sed -n 's/.*{\.name = "\([a-z-]*\)".*/\1/p' "$@" | while read -r name; do
		grep -qE -- "^ +(-[A-Za-z], )?--$name( |\$)" "$file" || echo "not in the help: --$name"
	done
}
"$PROGRAM" top --help >"$AUX/top"
listed "$AUX/loadtest" "$ROOT/plugin/cmd_loadtest.c" "$ROOT/plugin/kube_options.c"
listed "$AUX/top" "$ROOT/plugin/cmd_top.c" "$ROOT/plugin/kube_options.c"
[ "$(listed /dev/null "$ROOT/plugin/cmd_loadtest.c" "$ROOT/plugin/kube_options.c" | wc -l)" -gt 40 ] && echo 'tables were read'
awk 'length > 100 || / $/ { print "too long, or a blank at its end: " $0 }' "$AUX/loadtest" "$AUX/top"

ln -s "$PROGRAM" "$AUX/loader"
"$AUX/loader" --help | grep '^  kubectl' | head -n 1
"$PROGRAM" help >/dev/full 2>"$AUX/err" || echo "[$?] $(cat "$AUX/err")"
