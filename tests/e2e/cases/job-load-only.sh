# Load alone: no pprof, no cluster, and no kubeconfig is looked at.
. "$E2E/lib.sh"
demo
before=$(served)
mkdir -p "$HOME/.kube" && echo 'not: [a kubeconfig' >"$HOME/.kube/config"
run loadtest --profiles none --url "http://$http/json" --vus 2 --think 2ms --ramp 100ms --settle 0s --window 1s
rm -r "$HOME/.kube"
files
check counts "$(rundir)" "$http" "$before"
check load "$(rundir)"
