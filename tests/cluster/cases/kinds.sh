# Each kind of target, and a selector, leads to its pods and to no others.
. "$CLUSTER/lib.sh"
own_namespace
{
	app=deployed workload Deployment 2
	echo ---
	app=replicated workload ReplicaSet 1
	echo ---
	app=stateful workload StatefulSet 2 | sed 's/^spec:/&\n  serviceName: none/'
	echo ---
	app=daemon workload DaemonSet ''
	echo ---
	printf 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: worker}\nspec:\n  template:\n'
	app=worker restart=Never template | sed 's/^/    /'
	echo ---
	printf 'apiVersion: v1\nkind: Pod\n'
	app=bare template | sed 's/^metadata: {/&name: bare, /'
	echo ---
	printf 'apiVersion: v1\nkind: Service\nmetadata: {name: serving}\nspec: {selector: {app: stateful}, ports: [{port: 80}]}\n'
	echo ---
	# the label alone does not make a pod the deployment's
	printf 'apiVersion: v1\nkind: Pod\n'
	app=deployed template | sed 's/^metadata: {/&name: stray, /'
} >"$AUX/kinds.yaml"
kubectl apply -f "$AUX/kinds.yaml" >/dev/null
kubectl wait --for=condition=Ready --timeout=120s pod -l 'app in (deployed,replicated,daemon,worker,bare)' >/dev/null
kubectl rollout status statefulset/stateful --timeout=120s >/dev/null

finds() { # target... pattern count
	local pattern=${*: -2:1} count=${*: -1}
	run top --no-headers "${@:1:$#-2}"
	ended 0
	same "pods of ${*:1:$#-2}" "$(wc -l <"$AUX/out")" "$count"
	same "right ones" "$(grep -cE "^$pattern +.* 1/1 " "$AUX/out")" "$count"
}
replicaset=$(kubectl get replicasets -l app=deployed -o name)
for kind in deployment deploy deployments.apps; do finds $kind/deployed 'deployed-[a-z0-9]+-[a-z0-9]+' 2; done
finds "${replicaset/.apps/}" 'deployed-[a-z0-9]+-[a-z0-9]+' 2
finds rs/replicated 'replicated-[a-z0-9]+' 1
for kind in statefulset sts; do finds $kind/stateful 'stateful-[01]' 2; done
for kind in daemonset ds; do finds $kind/daemon 'daemon-[a-z0-9]+' 1; done
finds job/worker 'worker-[a-z0-9]+' 1
for kind in service svc; do finds $kind/serving 'stateful-[01]' 2; done
finds pod/bare bare 1
finds po/bare bare 1
finds bare bare 1
finds -l 'app in (bare,daemon)' '(bare|daemon-[a-z0-9]+)' 2
finds -l app=deployed '(stray|deployed-[a-z0-9]+-[a-z0-9]+)' 3
finds -l 'app!=deployed,app notin (stateful,worker)' '(bare|daemon-[a-z0-9]+|replicated-[a-z0-9]+)' 3
