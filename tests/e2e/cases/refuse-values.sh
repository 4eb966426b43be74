# Values that are malformed, negative or absurd: one line, exit 2, nothing sent.
. "$E2E/lib.sh"
demo
local=(--pprof-url "http://$pprof" --url "http://$http/json")
for value in -1 0 1e3 2.5 100001 99999999999999999999 ''; do run loadtest "${local[@]}" --vus "$value"; done
for value in -5s 5 5x 1000h 61m ''; do run loadtest "${local[@]}" --ramp "$value"; done
for value in 0 500ms 1500ms 2h; do run loadtest "${local[@]}" --window "$value"; done
run loadtest "${local[@]}" --slice 100ms
run loadtest "${local[@]}" --baseline 1.5s
run loadtest "${local[@]}" --timeout 0
run loadtest "${local[@]}" --threads 257
run loadtest "${local[@]}" --top 0
run loadtest "${local[@]}" --pprof-port 65536
run loadtest "${local[@]}" --pod-share 1.5
run loadtest "${local[@]}" --pod-share 1/0
run loadtest "${local[@]}" --pprof-path debug
run loadtest "${local[@]}" --path page
run loadtest "${local[@]}" -H novalue
run loadtest "${local[@]}" -H $'X: y\r\nZ: injected'
run loadtest "${local[@]}" -X 'GET /'
run loadtest "${local[@]}" --body-file /nonexistent
run loadtest "${local[@]}" --body-file /dev/zero
for url in 127.0.0.1:80 ftp://127.0.0.1 https://127.0.0.1 http:// http:///x http://127.0.0.1:0 http://127.0.0.1:65536 \
	'http://a b/' http://user:password@127.0.0.1/; do
	run loadtest --profiles none --url "$url"
done
for url in 127.0.0.1:6060 gopher://127.0.0.1 http:// http://user:password@127.0.0.1/; do
	run loadtest --url "http://$http/json" --pprof-url "$url"
done
served
