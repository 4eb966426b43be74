# In a pod, as its service account: no kubeconfig, the API server's address and the token are the pod's own.
. "$CLUSTER/lib.sh"
service
kubectl expose deployment api --port=80 --target-port=8080 >/dev/null
service_ip=$(kubectl get service api -o 'jsonpath={.spec.clusterIP}')
poll 30 "the service" curl -sf -o /dev/null "http://$service_ip/healthz"
allow profiler '{apiGroups: ["", metrics.k8s.io, apps], resources: [pods, services, deployments], verbs: [get, list]},
  {apiGroups: [""], resources: [pods/portforward], verbs: [get, create]}'
program=$(realpath "$(command -v kubectl-pprof)")

# The image holds no more than a static program: this one's libraries are the machine's. No DNS is in the cluster, so
# the pod is told the service's name.
# inside NAME ARGUMENT...: one pod that runs the command, and ends; its output and exit status as `run` leaves them
inside() {
	local name=$1 arguments
	shift
	echo "\$ (in a pod) kubectl-pprof $*"
	arguments=$(printf ', "%s"' "$@")
	kubectl apply -f - >/dev/null <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: $name}
		spec:
		  serviceAccountName: profiler
		  restartPolicy: Never
		  hostAliases: [{ip: "$service_ip", hostnames: [api.$ns.svc]}]
		  containers:
		  - name: profiler
		    image: localhost/demo-service:test
		    imagePullPolicy: Never
		    command: [/plugin/kubectl-pprof${arguments}]
		    workingDir: /out
		    volumeMounts:
		    - {name: usr, mountPath: /usr, readOnly: true}
		    - {name: lib, mountPath: /lib, readOnly: true}
		    - {name: lib64, mountPath: /lib64, readOnly: true}
		    - {name: plugin, mountPath: /plugin, readOnly: true}
		    - {name: out, mountPath: /out}
		  volumes:
		  - {name: usr, hostPath: {path: /usr}}
		  - {name: lib, hostPath: {path: /lib}}
		  - {name: lib64, hostPath: {path: /lib64, type: ""}}
		  - {name: plugin, hostPath: {path: "${program%/*}"}}
		  - {name: out, emptyDir: {}}
	END
	ended_inside() { [[ $(kubectl get pod "$name" -o 'jsonpath={.status.phase}') =~ Succeeded|Failed ]]; }
	poll 60 "the pod '$name' to end" ended_inside
	kubectl logs "$name" >"$AUX/out"
	: >"$AUX/err"
	status=$(kubectl get pod "$name" -o 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}')
}

inside top top
ended 0
out "^$pod +"

inside load loadtest deploy/api --url "http://api.$ns.svc/cpu?us=2000" --vus 2 --baseline 1s --ramp 1s --settle 1s \
	--window 3s --slice 1s --quiet -o json
ended 0
same "whole" "$(check get "$AUX/out" partial)" false
same "the pod" "$(check get "$AUX/out" target.pod)" "$pod"
same "its server" "$(check get "$AUX/out" target.server)" "https://10.96.0.1:443"
check get "$AUX/out" cpu.samples >/dev/null

# What the account may not is said, with its name.
inside other top -n kube-system
ended 1
out "^error: .*'system:serviceaccount:$ns:profiler' may not list pods in namespace 'kube-system' \(403\); the role below would allow it"
