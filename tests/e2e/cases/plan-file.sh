# A plan file holds every option by its long name; the command line wins over it, and it over the config file.
. "$E2E/lib.sh"
demo
plan() { cat >plan.yaml; }
plan <<YAML
# what the release is measured with
target: deploy/api
namespace: shop
url: http://$http/json
vus: 32
header: ["Accept: application/json", "Authorization: Bearer geheim"]
window: 20s
threshold:
  - "http_req_failed: rate<0.01"
  - "http_req_duration: p(95)<500"
strict: true
YAML
run loadtest -f plan.yaml --dry-run
run loadtest -f plan.yaml --dry-run -o yaml
cp "$AUX/out" again.yaml
run loadtest -f again.yaml --dry-run -o json
"$PROGRAM" loadtest -f "$AUX/out" --dry-run -o yaml | cmp - again.yaml && echo 'given back, it is the same plan'
echo '# the command line wins, and drops what cannot stand beside it'
run loadtest -f plan.yaml -l app=api --vus 2 -H 'Accept: text/plain' --dry-run
run loadtest -f plan.yaml pod/api-1 --stage 5s:4 --stage 5s:0 --dry-run -o yaml
printf 'GET http://127.0.0.1:1/\n' >targets
run loadtest -f plan.yaml --targets targets --strict=false --dry-run -o yaml
cat >config.yaml <<YAML
loadtest:
  vus: 8
  window: 1m0s
  settle: 3s
  selector: app=other
  rate: 20/s
  ramp: 2s
top: {nothing: here}
YAML
echo '# over the config file'
run loadtest -f plan.yaml --config config.yaml --dry-run
run loadtest --config config.yaml --dry-run --url "http://$http/" --stage 1s:3
run loadtest --config config.yaml --dry-run --url "http://$http/" --rate 9/s
echo '# what is wrong has a line and a column'
wrong() {
	plan
	run loadtest -f plan.yaml
}
wrong <<<'vsu: 32'
wrong <<<'xyzzy: 32'
wrong <<<$'url: http://127.0.0.1:1/\nvus: many'
wrong <<<$'\n\nvus:   0'
wrong <<<'window: 3x'
wrong <<<'window: [3s]'
wrong <<<'window:'
wrong <<<'pprof-port: 70000'
wrong <<<'by: disk'
wrong <<<'pod-share: 1.5'
wrong <<<'strict: perhaps'
wrong <<<'header: {a: b}'
wrong <<<'header: ["a: b", [c]]'
wrong <<<'target: [a, b]'
wrong <<<$'target: deploy/api\nrate: 20/q'
wrong <<<$'target: deploy/api\nrate: 20/s\nstage: [5s:3]'
wrong <<<$'target: deploy/api\nselector: a=b'
wrong <<<$'target: deploy/api\nthreshold: ["nonsense"]'
wrong <<<'yes: true'
wrong <<<'file: x'
wrong <<<'- vus: 3'
wrong <<<$'vus: 3\nvus: 4'
wrong <<<$'vus: "3'
wrong <<<$'a: 1\n---\nb: 2'
wrong </dev/null
printf 'vus: 3\xff\n' >plan.yaml
run loadtest -f plan.yaml
run loadtest -f missing.yaml
run loadtest -f .
echo '# from standard input'
command_line loadtest -f - --dry-run '<plan'
"$PROGRAM" loadtest -f - --dry-run <again.yaml | head -n 2
served
rm plan.yaml again.yaml targets config.yaml
