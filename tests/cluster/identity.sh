# shellcheck shell=bash
# The cluster's certificates, and the kubeconfigs that use them.

authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=kubectl-pprof-test \
		-keyout "$pki/ca.key" -out "$pki/ca.crt" 2>/dev/null
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$pki/accounts.key" 2>/dev/null
	openssl pkey -in "$pki/accounts.key" -pubout -out "$pki/accounts.pub"
}

certificate() { # file user group [subject-alternative-names]
	local extensions='extendedKeyUsage=serverAuth,clientAuth'
	[ $# -lt 4 ] || extensions+=$'\n'"subjectAltName=$4"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=$3/CN=$2" -keyout "$pki/$1.key" 2>/dev/null |
		openssl x509 -req -days 30 -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial \
			-extfile <(echo "$extensions") -out "$pki/$1.crt" 2>/dev/null
}

kubeconfig() { # file user-as-yaml
	cat >"$state/$1.conf" <<-END
		apiVersion: v1
		kind: Config
		clusters: [{name: test, cluster: {server: "$api", certificate-authority: $pki/ca.crt}}]
		users: [{name: $1, user: {$2}}]
		contexts: [{name: test, context: {cluster: test, user: $1, namespace: default}}]
		current-context: test
	END
}

component() { # file user group [subject-alternative-names]
	certificate "$@"
	kubeconfig "$1" "client-certificate: $pki/$1.crt, client-key: $pki/$1.key"
}

identities() {
	mkdir -p "$pki"
	authority
	certificate apiserver kube-apiserver kubernetes \
		"IP:127.0.0.1,IP:$node_ip,IP:$api_service_ip,DNS:localhost,DNS:kubernetes.default.svc"
	certificate front-proxy front-proxy aggregation
	component admin admin system:masters
	component kubelet "system:node:$node" system:nodes "DNS:$node,IP:$node_ip"
	component controller-manager system:kube-controller-manager kubernetes
	component scheduler system:kube-scheduler kubernetes
	component kube-proxy system:kube-proxy kubernetes
}

account_kubeconfig() { # service account of namespace default
	kubeconfig "$1" "token: $(kube -n default create token "$1" --duration=24h)"
}
