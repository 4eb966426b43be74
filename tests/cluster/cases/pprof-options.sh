# --pprof-port and --pprof-path go before everything else.
. "$CLUSTER/lib.sh"
annotations='pyroscope.io/port: "1"' service -pprof 127.0.0.1:7072 -pprof-prefix /inner
run loadtest deploy/api --url "http://$ip:8080/" --pprof-port 7072 --pprof-path /inner/debug/pprof/ \
	--vus 1 --ramp 0s --settle 1s --window 1s
ended 0
out '^Pprof +port 7072/inner/debug/pprof \(--pprof-port'
valid
run loadtest deploy/api --url "http://$ip:8080/" --pprof-port 7072
ended 1
err '^error: .*at port 7072/debug/pprof/ .*what answers is not pprof: HTTP 404'
