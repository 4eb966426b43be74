# A container that crashes in mid-run: the verdict says that it was restarted; the profile goes on with the new one.
. "$CLUSTER/lib.sh"
service
start loadtest deploy/api --port 8080 --path '/cpu?us=5000' --vus 2 --ramp 1s --settle 1s --window 20s --slice 1s --strict
reached capture
sleep 3
kill_container
finish
ended 98
valid
out '^Verdict +not trusted'
out '^  fail .*restarted during the run'
out '^  warn .*cpu.pb.gz is incomplete, ([5-9]|1[0-9]) of 20 slices: '
holds cpu.pb.gz main.burn
