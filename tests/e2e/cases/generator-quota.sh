# A load generator with a CPU limit (a fifth of a core, as a container has it) is called saturated, in five runs of
# five: with users, and with a rate, of which it could not send all.
. "$E2E/lib.sh"
demo

# a cgroup of our own in version 2 of the interface, or in version 1
make_group() {
	local top=/sys/fs/cgroup
	if grep -qsw cpu $top/cgroup.subtree_control && mkdir "$top/kp-e2e-$$" 2>/dev/null; then
		group=$top/kp-e2e-$$ && echo '20000 100000' 2>/dev/null >"$group/cpu.max"
	elif mkdir "$top/cpu/kp-e2e-$$" 2>/dev/null; then
		group=$top/cpu/kp-e2e-$$ && echo 20000 2>/dev/null >"$group/cpu.cfs_quota_us"
	else
		return 1
	fi
}
group=
trap 'stop_servers; [ -z "$group" ] || rmdir "$group"' EXIT
make_group || skip 'cgroups are not ours to make here'

# limited RUN ARGUMENT...: a run in the group; false when its threads had hardly anything to do, because the server was
# kept from answering: then they did not wait for a third of the time either, as the kernel counts it (waits.py)
limited() {
	local out=$1 share
	shift
	share=$(/usr/bin/python3 "$E2E/waits.py" sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$PROGRAM" \
		loadtest --profiles none --quiet --url "http://$http/json" --ramp 0s --settle 0s --out "$out" "$@" |
		tee "$AUX/out" | tail -n 1)
	[[ ${share#* } > 0.330 ]]
}

# set NAME CHECK ARGUMENT...: five runs that count, of thirty at most
set_of_five() {
	local name=$1 condition=$2 counted=0 i
	shift 2
	for ((i = 1; counted < 5 && i <= 30; i++)); do
		limited "$name$i" "$@" || continue
		counted=$((counted + 1))
		check holds "$name$i" "run $counted of 5 ${name}" "run['load']['saturated'] and
			'waited for a core' in run['load']['saturated_reason'] and
			run['verdict']['verdict'] == 'not trusted' and $condition"
	done
	[ $counted = 5 ] || skip 'others keep this machine too busy'
}
set_of_five 'starved' True --vus 32 --window 1s
set_of_five 'starved with much left to send' "run['load']['unsent'] > 2000 and
	[c['level'] for c in run['verdict']['checks'] if c['name'] == 'schedule'] == ['fail']" \
	--rate 20000/s --max-vus 64 --on-late queue --window 1s
grep -o 'starts were overdue and not sent when the load ended; lower --rate or raise --max-vus' "$AUX/out"
