# Who is not known or not trusted, and a server that is not there: one line each, and nothing else.
. "$CLUSTER/lib.sh"
server=$(kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
ns=default
user_config wrong-token 'token: not-a-token'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=other \
	-keyout "$AUX/other.key" -out "$AUX/other.crt" 2>/dev/null
user_config wrong-ca 'token: none' "server: \"$server\", certificate-authority: $AUX/other.crt"
user_config no-server 'token: none' 'server: "https://127.0.0.1:1"'
user_config no-name 'token: none' 'server: "https://no-such-host.invalid:6443"'
for command in top 'loadtest --url http://127.0.0.1:30080/'; do
	# shellcheck disable=SC2086 # words they are
	{
		KUBECONFIG=$AUX/wrong-token.conf run $command deploy/api
		refused "'$server' rejects the credentials of user 'wrong-token' \(context 'test'\) \(401\)"
		KUBECONFIG=$AUX/wrong-ca.conf run $command deploy/api
		refused "certificate of the API server '$server' .*is not accepted: .*; see --certificate-authority"
		KUBECONFIG=$AUX/no-server.conf run $command deploy/api
		refused "cannot reach the API server 'https://127.0.0.1:1' of context 'test'"
		KUBECONFIG=$AUX/no-name.conf run $command deploy/api
		refused "cannot resolve the API server 'https://no-such-host.invalid:6443'"
		run $command deploy/api --context nosuch
		ended 2
		err "^error: context 'nosuch' does not exist in .*; there is test"
	}
done
# with the right certificate, or none checked, the wrong CA does no harm
KUBECONFIG=$AUX/wrong-ca.conf run top --insecure-skip-tls-verify
ended 1
err '401'
