# No secret reaches the arguments of a child, what is printed, or a run directory: each that is planted here begins with
# "geheim-", and nothing that is left may hold one.
. "$E2E/lib.sh"
demo
unset NO_PROXY
name "$AUX" AUX
kept=$AUX/kept
mkdir "$kept"
count=0
# quietly ARGUMENT...: the program, of which nothing but the exit status is shown; what it said is kept
quietly() {
	count=$((count + 1)) status=0
	"$PROGRAM" "$@" >"$kept/$count.out" 2>"$kept/$count.err" </dev/null || status=$?
	echo "${label:-$1}: [$status] $(grep -h -o '^error: .*' "$kept/$count.err" | shown | cut -c 1-150)"
}
try() { # LABEL ARGUMENT...
	label=$1 quietly "${@:2}"
}

# What the plugin sees of its family: arguments of every process that the case has started, but for the program's own.
cat >"$AUX/plugin" <<'SH'
#!/bin/sh
for process in /proc/[0-9]*; do
	[ "${process#/proc/}" != "$PPID" ] && grep -qzsF "KP_E2E=$KP_E2E" "$process/environ" && tr '\0' ' ' <"$process/cmdline"
	echo
done >>"$KP_E2E/aux/kept/arguments" 2>/dev/null
[ "$ENV_SECRET" = geheim-env ] || exit 9
echo "${ANSWER-{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"geheim-exec\"\}\}}"
SH
chmod +x "$AUX/plugin"
config() { # USER [CLUSTER] [SERVER]
	cat >"$AUX/config" <<-YAML
		current-context: c
		clusters: [{name: c, cluster: {server: "${3:-https://127.0.0.1:1}"${2:+, $2}}}]
		users: [{name: u, user: {$1}}]
		contexts: [{name: c, context: {cluster: c, user: u}}]
	YAML
	export KUBECONFIG=$AUX/config
}
plugin="exec: {apiVersion: client.authentication.k8s.io/v1, command: $AUX/plugin, interactiveMode: Never, args: [get-token],
  env: [{name: ENV_SECRET, value: geheim-env}], provideClusterInfo: true}"

echo '# credentials of the kubeconfig'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$AUX/key" -out "$AUX/cert" -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 2>/dev/null
secret_key=$(sed -n 2p "$AUX/key")
for mode in unauthorized forbidden html hostile; do
	standin api $mode "$AUX/cert" "$AUX/key"
	ca="certificate-authority: $AUX/cert"
	config 'token: geheim-token' "$ca" "https://$standin"
	try "token, $mode" top -n shop
	config 'username: jane, password: geheim-password' "$ca" "https://$standin"
	try "password, $mode" top -n shop
	config "$plugin" "$ca" "https://$standin"
	try "plugin, $mode" top -n shop
	config "client-certificate: $AUX/cert, client-key-data: $(base64 -w0 "$AUX/key")" "$ca" "https://$standin"
	try "key, $mode" top -n shop
done
config "$plugin"
ANSWER='geheim-output' try 'plugin that prints no JSON' top
ANSWER='{"kind": "geheim-output"}' try 'plugin that prints another kind' top
ANSWER='{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"clientKeyData": "geheim-output"}}' \
	try 'plugin with half a pair' top
ANSWER='{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"clientCertificateData": "geheim-output",
 "clientKeyData": "geheim-output"}}' try 'plugin with what is no key' top

echo '# kubeconfigs that are wrong where a secret stands'
config 'token: [geheim-token]' && try 'token of another type' top
config 'token: "geheim-token\n"' && try 'token with a line break' top
config 'token: geheim-token, password: geheim-password' && try 'token and password' top
config 'client-key-data: "geheim-%%%"' && try 'key that is not base64' top
config "client-certificate: $AUX/cert, client-key-data: $(printf 'geheim-key' | base64)" && try 'key that is none' top
config '' '' 'https://jane:geheim-password@127.0.0.1:1' && try 'password in the server' top
config '' '' 'ftp://jane:geheim-password@127.0.0.1:1' && try 'password in a server that is no http' top
config '' 'proxy-url: "http://jane:geheim-proxy@127.0.0.1:1"' && try 'password of the proxy' top
config '' 'proxy-url: "ftp://jane:geheim-proxy@127.0.0.1:1"' && try 'password of a proxy that is none' top
config '' 'proxy-url: "socks5://jane:geheim-proxy@127.0.0.1:1"' && try 'password of a SOCKS proxy' top
config '' '' 'https://10.255.255.1:1'
HTTPS_PROXY=http://jane:geheim-proxy@127.0.0.1:1 try 'password of the proxy in the environment' top
HTTPS_PROXY=ftp://jane:geheim-proxy@127.0.0.1:1 try 'the same, of another scheme' top
try 'token on the command line' top --token geheim-token --server https://jane:geheim-password@127.0.0.1:1

echo '# what is sent'
load=(loadtest --profiles none --url "http://$http/json" "${quick[@]}" --requests 3)
try 'header and body' "${load[@]}" -H 'Authorization: Bearer geheim-header' -H 'Cookie: a=geheim-header' --body geheim-body --out run1
try 'header that is none' "${load[@]}" -H 'geheim-header'
try 'header with a line break' "${load[@]}" -H $'A: geheim-header\nB: c'
printf 'GET http://%s/json\nX-Key: geheim-header\n\nPOST http://%s/json\nX-Key: geheim-header\n@%s\n' "$http" "$http" "$AUX/body" >"$AUX/targets"
echo geheim-body >"$AUX/body"
try 'targets' loadtest --profiles none --targets "$AUX/targets" "${quick[@]}" --requests 4 --out run2 -o json
printf 'GET http://%s/json\ngeheim-header\n' "$http" >"$AUX/targets"
try 'targets with a header that is none' loadtest --profiles none --targets "$AUX/targets"
printf 'GET http://jane:geheim-url@%s/json\n' "$http" >"$AUX/targets"
try 'targets with a password' loadtest --profiles none --targets "$AUX/targets"
printf 'key\ngeheim-data\n' >"$AUX/data"
try 'data' "${load[@]}" -H 'X: {{csv.key}}' --data "$AUX/data" --out run3
try 'body from a file' "${load[@]}" --body-file "$AUX/body" --out run4
for url in "http://jane:geheim-url@$http/" "jane:geheim-url@$http/" "ftp://jane:geheim-url@$http/"; do
	try "password in the URL" loadtest --profiles none --url "$url"
	try "password in the pprof URL" loadtest --pprof-url "$url" --url "http://$http/"
done
config 'token: geheim-token'
try 'dry run' loadtest pod/a --url "http://$http/" -H 'A: geheim-header' --body geheim-body --token geheim-token --dry-run
try 'dry run as a plan' loadtest pod/a --url "http://$http/" -H 'A: geheim-header' --body geheim-body --token geheim-token --dry-run -o yaml
printf 'header: ["A: geheim-header"]\ntoken: geheim-token\nbody: geheim-body\nvus: x\n' >"$AUX/plan"
try 'plan file' loadtest -f "$AUX/plan"
printf 'header: {geheim-header: [geheim-header]}\ntoken: [geheim-token]\n' >"$AUX/plan"
try 'plan file of another shape' loadtest -f "$AUX/plan"

echo '# what was found'
grep -c get-token "$kept/arguments" | sed 's/^[1-9][0-9]*$/the plugin has seen itself/'
grep -rlF -e geheim- -e "$secret_key" "$kept" run1 run2 run3 run4 | sed 's|.*/|a secret in |' || true
find . -newer "$AUX/plugin" -type f | wc -l | sed 's/^[1-9][0-9]*$/files of runs were looked at/'
grep -rlF -e geheim- . || echo 'and hold none'
rm -r run1 run2 run3 run4
