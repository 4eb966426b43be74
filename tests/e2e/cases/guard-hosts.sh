# Load goes to this machine, to the cluster's own hosts, or to those that were allowed by name. The tunnel fails here:
# an error of it means that the host was let through.
. "$E2E/lib.sh"
all=(127.9.9.9 localhost '[::1]:8080' '[::ffff:127.0.0.1]' 10.1.0.7 10.0.0.9 10.0.0.1 NODE-1 10.96.0.10 '[fd00:96::10]' \
	'[fd00:96:0::10]' 192.0.2.10 203.0.113.5 lb.example shop.example. SHOP.example:8080 a.wild.example wild.example \
	a.b.wild.example route.example other.example api.default.svc api-0.api.default.svc.cluster.local \
	missing.default.svc outside.default.svc api.default.svc.evil.example outside.example None 10.0.0.2 localhost.example \
		user@10.0.0.2 127.1)
hosts() { # ARGUMENT...
	for host in "${hosts[@]}"; do
		status=0
		"$PROGRAM" loadtest -l app=api -s "http://$standin" --url "http://$host/" "$@" >"$AUX/out" 2>"$AUX/err" </dev/null ||
			status=$?
		if grep -q "tunnel\|port-forward\|reach pprof" "$AUX/err"; then
			echo "let through  $host"
		else
			echo "refused [$status] $host"
		fi
	done
}
standin api hosts
hosts=("${all[@]}")
hosts
run loadtest -l app=api -s "http://$standin" --url http://other.invalid/
run loadtest -l app=api -s "http://$standin" --url http://outside.default.svc/
standin api hosts-limited
hosts=(localhost 10.1.0.7 10.0.0.9 10.0.0.1 10.96.0.10 shop.example api.default.svc)
hosts
run loadtest -l app=api -s "http://$standin" --url http://10.0.0.1:30080/
run loadtest -l app=api -s "http://$standin" --url http://api.default.svc/
echo '# what was allowed'
hosts=(outside.example 10.0.0.2 10.0.0.3 api.default.svc.evil.example)
hosts --allow-host 'OUTSIDE.example' --allow-host '10.0.0.2' --allow-host '*.evil.example'

echo '# no cluster'
run loadtest --profiles none --url http://name.invalid/
run loadtest --profiles none --url http://name.invalid/ --allow-host name.invalid
run loadtest --profiles none --url 'http://[fd00::1]/' --allow-host '[fd00::2]' --dry-run
run loadtest --profiles none --url 'http://[fd00::1]/' --allow-host '[fd00:0::1]' --dry-run
printf 'GET http://127.0.0.1:1/\n\nGET http://other.invalid/\n' >targets
run loadtest --profiles none --targets targets
printf 'guard:\n  allow-host: [other.invalid]\n' >config
run loadtest --profiles none --targets targets --config config --dry-run
rm targets config
