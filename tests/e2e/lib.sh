# shellcheck shell=bash
# What every case begins with: . "$E2E/lib.sh"
#
# A case prints a transcript: each command as a user types it, what it wrote (standard error marked with "2> ") and
# its exit status. The runner sets $PROGRAM, $AUX (a folder for what the case needs, apart from the one it runs in),
# $PPROF (go tool pprof), $E2E and $ROOT.
set -euo pipefail

export NO_PROXY='*'
servers=()
status=0

check() { /usr/bin/python3 "$E2E/check.py" "$@"; } # QUESTION ARGUMENT...
shown() { sed -E -f "$AUX/names.sed" -f "$E2E/filter.sed"; }
: >"$AUX/names.sed"

# name VALUE NAME: the transcript shows NAME where VALUE was, as it is or with '-' for ':' as in a folder's name
name() {
	local value=${1//./\\.}
	printf 's|%s|%s|g\ns|%s|%s|g\n' "$value" "$2" "${value//:/-}" "$2" >>"$AUX/names.sed"
}

# rule SED-COMMAND: more that varies in this case
rule() { echo "$1" >>"$AUX/names.sed"; }

give_up() {
	echo "$*" >&2
	exit 1
}

# skip WHY: this machine does not let the case do what it must; the runner says so
skip() {
	echo "$*" >&2
	exit 77
}

# serve COMMAND...: starts a server that prints one line once it listens; $line is that one
serve() {
	local file=$AUX/server${#servers[@]}
	"$@" >"$file" 2>"$file.err" </dev/null &
	servers+=($!)
	until [ -s "$file" ]; do
		kill -0 $! 2>/dev/null || give_up "the server did not start: $(cat "$file.err")"
		sleep 0.02
	done
	line=$(head -n 1 "$file")
}

# stop_server PID [SIGNAL]
stop_server() {
	kill -s "${2:-TERM}" "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

stop_servers() {
	local pid
	for pid in ${servers[@]+"${servers[@]}"}; do stop_server "$pid"; done
}
trap stop_servers EXIT

# demo: the Go service; $http and $pprof are its addresses, $demo its pid
demo() {
	serve "$ROOT/build/e2e/demo-service" -listen 127.0.0.1:0 -pprof 127.0.0.1:0
	demo=$!
	http=${line#http=} http=${http% *} pprof=${line#*pprof=}
	name "$http" SERVICE
	name "$pprof" PPROF
}

# standin KIND ARGUMENT...: a server that is not what it should be (standin.py); $standin is its address
standin() {
	serve /usr/bin/python3 "$E2E/standin.py" "$@"
	standin=$line
	name "$standin" STANDIN
}

served() { curl -sS "http://$http/count" | sed 's/.*"total":\([0-9]*\).*/\1/'; } # requests that the demo has answered

show() {
	check printable "$AUX/out" "$AUX/err"
	shown <"$AUX/out"
	shown <"$AUX/err" | sed 's/^/2> /'
	echo "[$status]"
}

command_line() {
	local word text='$ kubectl pprof'
	for word; do
		[[ $word = *[!-A-Za-z0-9_./:=,@%+]* || -z $word ]] && word="'$word'"
		text+=" $word"
	done
	echo "$text${extra:-}" | shown
}

# run ARGUMENT...: the program; leaves its exit status in $status, its output in $AUX/out and $AUX/err
run() {
	command_line "$@"
	status=0
	"$PROGRAM" "$@" >"$AUX/out" 2>"$AUX/err" </dev/null || status=$?
	show
}

# start ARGUMENT...: the same in the background; await LINE-BEGINNING, then send SIGNAL, then finish
start() {
	extra=' &' command_line "$@"
	: >"$AUX/err"
	"$PROGRAM" "$@" >"$AUX/out" 2>"$AUX/err" </dev/null &
	pid=$!
}

await() {
	until grep -q "^$1" "$AUX/err"; do
		kill -0 "$pid" 2>/dev/null || give_up "it ended before '$1': $(cat "$AUX/err")"
		sleep 0.02
	done
}

send() {
	kill -s "$1" "$pid"
	echo "$ kill -s $1"
}

finish() {
	status=0
	wait "$pid" || status=$?
	show
}

# the run directory of the latest run
rundir() { sed -n 's/^Files *//p; s/^  *"directory":.*"\(.*\)".*/\1/p' "$AUX/out" | tail -n 1; }

# files: what the run directory holds, and who may read it; how many slices there are hangs on the time
files() { (cd "$(rundir)" && find . ! -path './slices*' -printf '%M %p\n' | LC_ALL=C sort -k 2); }

# await_slice LOG: until a CPU profile has come through the proxy and was taken, since the next one is asked for
await_slice() {
	until awk '/^200 .*\/profile\?/ { got = 1 } /^ask .*\/profile\?/ && got { next_one = 1 } END { exit !next_one }' "$1"; do
		kill -0 "$pid" 2>/dev/null || give_up "it ended before a slice: $(cat "$AUX/err")"
		sleep 0.05
	done
}

# profiler_free: the server makes no CPU profile any more; it may take a moment to notice that nobody reads one
profiler_free() {
	for _ in {1..100}; do
		if curl -fsS "http://$pprof/debug/pprof/profile?seconds=1" -o "$AUX/profile" 2>/dev/null; then
			echo 'the CPU profiler is free'
			return
		fi
		sleep 0.2
	done
	echo 'the CPU profiler is still in use'
}

partial() {
	check holds "$(rundir)" 'the run says that it is partial' "run['partial'] and 'signal' in run['partial_why']
		and run['verdict']['verdict'] == 'not trusted'"
}

# The options of a load that is soon over.
quick=(--vus 2 --think 5ms --ramp 0s --settle 0s --window 1s)
