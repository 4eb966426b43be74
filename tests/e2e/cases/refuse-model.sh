# Models of the load that cannot be: one line with the column, nothing is sent.
. "$E2E/lib.sh"
demo
before=$(served)
url=http://$http/json
for wrong in '--rate=0' '--rate=-5/s' '--rate=10/x' '--rate=fast' '--rate=1e300' '--stage=15s' '--stage=15:50' '--stage=:50' '--stage=15s:' \
	'--stage=15s:-1' '--stage=15s:0' '--stage=15s:2.5' '--stage=15s:50/y' '--stage=15s:200000' '--requests=0' '--max-vus=5' \
	'--expect-status=20' '--expect-status=2xx,,3xx' '--expect-status=600' '--http=3' '--io=select' '--on-late=wait'; do
	run loadtest --profiles none --url "$url" "$wrong"
done
run loadtest --profiles none --url "$url" --stage 1s:5 --stage 1s:5/s
run loadtest --profiles none --url "$url" --stage 1s:5 --ramp 1s
run loadtest --profiles none --url "$url" --rate 5/s --think 1s
run loadtest --profiles none --url "$url" --rate 5/s --vus 10 --max-vus 5
run loadtest --profiles none --url "$url" --http 1.1 --streams 4
run loadtest --profiles none --url "https://$http/json" --cacert /nowhere.pem
[ "$(served)" = "$before" ] && echo 'nothing was sent'
