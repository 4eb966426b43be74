# pprof in a sidecar of a pod with several containers; and in a pod on the node's own network.
. "$CLUSTER/lib.sh"
own_namespace
kubectl apply -f - >/dev/null <<-END
	apiVersion: v1
	kind: Pod
	metadata: {name: several, labels: {app: several}}
	spec:
	  automountServiceAccountToken: false
	  terminationGracePeriodSeconds: 1
	  containers:
	  - {name: api, image: "localhost/demo-service:test", imagePullPolicy: Never, args: [-pprof, ""], ports: [{name: http, containerPort: 8080}]}
	  - {name: other, image: "localhost/demo-service:test", imagePullPolicy: Never, args: [-listen, ":8081", -pprof, ""]}
	  - {name: side, image: "localhost/demo-service:test", imagePullPolicy: Never, args: [-listen, ":8082", -pprof, "127.0.0.1:6061"], ports: [{name: pprof, containerPort: 6061}]}
	---
	apiVersion: v1
	kind: Pod
	metadata: {name: hosted, labels: {app: hosted}}
	spec:
	  automountServiceAccountToken: false
	  terminationGracePeriodSeconds: 1
	  hostNetwork: true
	  containers:
	  - {name: api, image: "localhost/demo-service:test", imagePullPolicy: Never, args: [-listen, "127.0.0.1:18471", -pprof, "127.0.0.1:18472"], ports: [{name: http, containerPort: 18471, hostIP: 127.0.0.1}, {name: pprof, containerPort: 18472, hostIP: 127.0.0.1}]}
END
kubectl wait --for=condition=Ready --timeout=90s pod/several pod/hosted >/dev/null
run loadtest pod/several --port 8082 --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s
ended 0
out "^Pprof +port 6061/debug/pprof \\(container port 'pprof'\\)"
holds cpu.pb.gz main.burn
rm -rf pprof-runs
run loadtest pod/hosted --path '/cpu?us=2000' --vus 2 --ramp 1s --settle 1s --window 2s
ended 0
out "^Pprof +port 18472/debug/pprof"
holds cpu.pb.gz main.burn
