# pprof behind https in the pod, with a certificate of its own.
. "$CLUSTER/lib.sh"
annotations='profiles.grafana.com/cpu.scrape: "true", profiles.grafana.com/cpu.port: "6060", profiles.grafana.com/cpu.scheme: https' \
	service -pprof-tls
run loadtest deploy/api --url "http://$ip:8080/cpu?us=2000" --vus 2 --ramp 1s --settle 1s --window 2s
ended 0
holds cpu.pb.gz main.burn
