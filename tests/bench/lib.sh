# shellcheck shell=bash
# What the load engine's benchmarks share; sourced by them: bench_begin "$@" comes first.
#
# nginx (Debian's, one worker) has one core, the generator another. Where it is permitted (root) both run at real-time
# priority, so that whatever else the machine does takes no turn from them, and in a network namespace of their own, which
# has no packet filter to pass; so do our engine and its peer alike. The two take turns, ROUNDS (5) rounds of $LENGTH (3)
# seconds each; figures are medians.
#
# CPU is user and system time of the whole process as the kernel accounts it to its parent (wait4), start and end included.
# A busy machine still shows in it, through caches and wake-ups; the ratio suffers less, as both take turns. None of this is
# part of tests/run: a figure is no test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=../lib/build.sh
. tests/lib/build.sh
name=$(basename "$0")
PATH=$PATH:/usr/sbin:/sbin
length=${LENGTH:-3}
server=
realtime=()
ours=() peer=() # command lines that take turns

die() {
	echo "$name: $*" >&2
	exit 1
}

# What needs the network or much time is done before the script starts anew in a namespace of its own.
bench_begin() { # [ROUNDS]
	if [ -z "${BENCH_INSIDE-}" ]; then
		tests/setup bench
		build_preset release lgbench cost
		export BENCH_INSIDE=shared
		if unshare --net ip link set lo up 2>/dev/null; then
			BENCH_INSIDE=own exec unshare --net "$0" "$@"
		fi
	fi
	[ "$BENCH_INSIDE" = shared ] || ip link set lo up
	rounds=${1:-5}
	core=1
	[ "$(nproc)" -gt 1 ] || { core=0 && echo "$name: one core only: server and generator share it"; }
	[ -n "${plain-}" ] || ! chrt --fifo 10 true 2>/dev/null || realtime=(chrt --fifo 10)
	work=$(mktemp -d)
	trap 'stop_server; rm -rf "$work"' EXIT
	start_server
	echo "$name: $rounds rounds of $length s, medians; priority: ${realtime[*]:-normal}; network: $BENCH_INSIDE;" \
		"load of the machine before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

configure() { # port
	cat >"$work/nginx.conf" <<-END
		daemon off;
		worker_processes 1;
		pid $work/pid;
		error_log $work/errors crit;
		worker_rlimit_nofile 12000;
		events { worker_connections 11000; }
		http {
		  access_log off;
		  keepalive_requests 1000000000;
		  keepalive_timeout 600;
		  sendfile on;
		  tcp_nopush on;
		  open_file_cache max=10;
		  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
		  uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
		  ssl_certificate $work/cert.pem;
		  ssl_certificate_key $work/key.pem;
		  server {
		    listen 127.0.0.1:$1 backlog=4096;
		    listen 127.0.0.1:$(($1 + 1)) ssl http2 backlog=4096;
		    root $work/files;
		    location = /none { return 204; }
		  }
		}
	END
}

make_files() {
	chmod 755 "$work"
	mkdir -m 755 "$work/files"
	head -c 100 /dev/zero >"$work/files/100"
	head -c 10240 /dev/zero >"$work/files/10240"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
		-days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
}

# nginx knows no port 0: two are taken that are free.
start_server() { # sets http, https
	local port
	make_files
	for _ in {1..20}; do
		port=$((20000 + RANDOM % 10000))
		configure "$port"
		taskset -c 0 "${realtime[@]}" nginx -p "$work" -c "$work/nginx.conf" -e "$work/errors" 2>/dev/null &
		server=$!
		http=http://127.0.0.1:$port
		# shellcheck disable=SC2034 # the scripts' own
		https=https://127.0.0.1:$((port + 1))
		! serves || return 0
		stop_server
	done
	die "nginx does not start: $(cat "$work/errors")"
}

serves() {
	while kill -0 "$server" 2>/dev/null; do
		[ "$(curl -s "$http/100" | wc -c)" != 100 ] || return 0
		sleep 0.1
	done
	return 1
}

stop_server() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	[ -z "$server" ] || wait "$server" 2>/dev/null || true
	server=
}

# "requests requests-a-second" of what the tool said, which must be without a failure.
figures() { # lgbench|wrk|h2load
	case $(basename "$1") in
	lgbench) sed -n 's/^requests \([0-9]*\) failed 0 rate \([0-9]*\).*/\1 \2/p' "$work/said" ;;
	wrk)
		! grep -qE 'Socket errors|Non-2xx' "$work/said" || return 0
		awk '/ requests in / { n = $1 } /^Requests\/sec:/ { print n, $2 }' "$work/said"
		;;
	h2load)
		grep -q ' 0 failed, 0 errored, 0 timeout' "$work/said" || return 0
		awk '/^finished in/ { rate = $4 } /^requests:/ { print $8, rate }' "$work/said"
		;;
	esac
}

# Adds "cpu-us-a-request requests-a-second KiB" to the side's list.
one() { # ours|peer command...
	local side=$1 n rate
	shift
	build/release/cost "$work/cost" taskset -c "$core" "${realtime[@]}" "$@" >"$work/said" 2>&1 ||
		die "$1 failed: $(cat "$work/said")"
	read -r n rate < <(figures "$1") || die "$1 failed: $(cat "$work/said")"
	awk -v n="$n" -v rate="$rate" '{ printf "%.3f %d %d\n", $1 / n, rate, $2 }' "$work/cost" >>"$work/$side"
}

# The commands are in the arrays ours and peer. Fills $work/ours and $work/peer, a line a round.
take_turns() {
	local round
	one ours "${ours[@]}" # warms up, and is thrown away
	rm -f "$work/ours" "$work/peer"
	for ((round = 0; round < rounds; round++)); do
		if ((round % 2)); then
			one peer "${peer[@]}"
			one ours "${ours[@]}"
		else
			one ours "${ours[@]}"
			one peer "${peer[@]}"
		fi
	done
}

median() { # ours|peer column
	awk -v column="$2" '{ print $column }' "$work/$1" | sort -g | sed -n "$(((rounds + 1) / 2))p"
}

print_head() {
	printf '%6s %6s %8s  %8s %8s %6s %6s  %8s %8s\n' bytes conns peer 'us/req' peer ratio goal 'req/s' peer
}

# A row of the table.
compare() { # bytes connections goal
	take_turns
	printf '%6s %6s %8s ' "$1" "$2" "$(basename "${peer[0]}")"
	awk -v a="$(median ours 1)" -v b="$(median peer 1)" -v c="$(median ours 2)" -v d="$(median peer 2)" -v goal="$3" \
		'BEGIN { printf " %8.2f %8.2f %6.3f %6.2f  %8d %8d\n", a, b, a / b, goal, c, d }'
}
