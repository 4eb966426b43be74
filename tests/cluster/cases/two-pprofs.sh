# Two containers with pprof: the port that is called so comes first, another one is taken when it is named. And what
# listens on IPv6's loopback alone is reached where the machine calls that localhost.
. "$CLUSTER/lib.sh"
own_namespace
sidecar() { # its pprof
	cat <<-END
		  - name: sidecar
		    image: localhost/demo-service:test
		    imagePullPolicy: Never
		    args: ["-listen=127.0.0.1:9080", "-pprof=$1"]
		    ports: [{name: pprof, containerPort: 9060}]
	END
}
one() { # name, more of its containers on standard input; argument...
	{
		printf 'apiVersion: v1\nkind: Pod\n'
		app=$1 template "${@:2}" | sed "s/^metadata: {/&name: $1, /; s/^    readinessProbe.*//"
		cat
	} | kubectl apply -f - >/dev/null
	kubectl wait --for=condition=Ready --timeout=60s "pod/$1" >/dev/null
}
quick=(--port 8080 --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s --slice 1s)

sidecar 127.0.0.1:9060 | one two
run loadtest pod/two "${quick[@]}"
ended 0
same "the port" "$(field target.pprof.port)" 9060
out "^Pprof +port 9060/debug/pprof \(container port 'pprof'\)"
rm -r pprof-runs
run loadtest pod/two "${quick[@]}" --pprof-port 6060
ended 0
same "the port" "$(field target.pprof.port)" 6060
holds cpu.pb.gz main.burn
rm -r pprof-runs

# containerd dials "localhost", whatever that is to the machine
getent ahosts localhost | grep -q '^::1' || exit 0
one six -listen '[::1]:8080' -pprof '[::1]:6060' </dev/null
run loadtest pod/six "${quick[@]}"
ended 0
holds cpu.pb.gz main.burn
