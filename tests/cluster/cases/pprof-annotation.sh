# A scrape annotation names another port than 6060.
. "$CLUSTER/lib.sh"
annotations='pyroscope.io/scrape: "true", pyroscope.io/port: "7070"' service -pprof 127.0.0.1:7070
run loadtest deploy/api --url "http://$ip:8080/" --vus 1 --ramp 0s --settle 1s --window 1s
ended 0
out '^Pprof +port 7070/debug/pprof \(annotation pyroscope.io/port\)'
same "the port" "$(field target.pprof.port)" 7070
