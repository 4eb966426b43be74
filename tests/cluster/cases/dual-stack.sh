# A pod with an address of each family: load to the IPv6 one, and to a service that has no other, goes as IPv4's does,
# and the pod is known by it.
. "$CLUSTER/lib.sh"
service
ip6=$(kubectl get pod "$pod" -o 'jsonpath={.status.podIPs[1].ip}')
[[ $ip6 = *:* ]] || give_up "the pod has no IPv6 address: '$ip6'"
quick=(--vus 2 --ramp 1s --settle 1s --window 3s --slice 1s)
total() { asks /count | sed 's/.*"total":\([0-9]*\).*/\1/'; }

before=$(total)
run loadtest deploy/api --url "http://[$ip6]:8080/cpu?us=2000" "${quick[@]}"
ended 0
holds cpu.pb.gz main.burn
same "whose address it is" "$(field target.share_why)" "--url is this pod's IP"
check counts "$(rundir)/run.json" "$ip:8080" "$before"
rm -r pprof-runs

kubectl apply -f - >/dev/null <<-END
	apiVersion: v1
	kind: Service
	metadata: {name: six}
	spec: {selector: {app: api}, ipFamilies: [IPv6], ports: [{port: 80, targetPort: 8080}]}
END
service_ip=$(kubectl get service six -o 'jsonpath={.spec.clusterIP}')
[[ $service_ip = *:* ]] || give_up "the service has no IPv6 address: '$service_ip'"
poll 30 "the service" curl -sfg -o /dev/null "http://[$service_ip]/healthz"
run loadtest deploy/api --url "http://[$service_ip]/cpu?us=2000" "${quick[@]}"
ended 0
holds cpu.pb.gz main.burn
same "failed requests" "$(field load.window.failed)" 0
