# An API server whose certificate is not trusted, is for another name, or speaks no TLS.
. "$E2E/lib.sh"
demo
refused() { run loadtest deploy/api --url "http://$http/json" -s "https://$standin" "$@"; }
name "$AUX" AUX
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$AUX/key" -out "$AUX/cert" -days 2 -subj /CN=api.example \
	-addext subjectAltName=DNS:api.example 2>/dev/null
standin api unauthorized "$AUX/cert" "$AUX/key"
refused
refused --certificate-authority "$AUX/cert"
refused --certificate-authority "$AUX/missing"
refused --certificate-authority "$AUX/key"
refused --certificate-authority "$AUX/cert" --insecure-skip-tls-verify
refused --certificate-authority "$AUX/cert" --tls-server-name api.example
refused --insecure-skip-tls-verify
standin api unauthorized
refused
served
