# SIGTERM while load and captures go through the tunnel: nothing is left; the slices until then are kept.
. "$CLUSTER/lib.sh"
service
start loadtest deploy/api --port 8080 --path '/cpu?us=5000' --ramp 1s --vus 4 --settle 1s --window 1h --slice 1s
reached capture
sleep 4
stopped_in capture TERM 130
holds cpu.pb.gz main.burn
