# No pprof in the pod, or something else on the port: which port was tried and what answered; no load is sent.
. "$CLUSTER/lib.sh"
run loadtest deploy/nopprof --url http://127.0.0.1:30080/
refused "pod 'nopprof-[a-z0-9-]+' at port 6060/debug/pprof/ .*nothing listens on port 6060 in the pod; give --pprof-port"
run loadtest deploy/nopprof --url http://127.0.0.1:30080/ --pprof-port 8080
refused "at port 8080/debug/pprof/ .*what answers is not pprof: HTTP 404 \(text/plain.*\); give --pprof-port or --pprof-path"
