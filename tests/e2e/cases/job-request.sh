# What is asked for is what goes over the wire, no more.
. "$E2E/lib.sh"
standin web record "$AUX/requests"
common=(--profiles none --vus 2 --think 5ms --ramp 0s --settle 0s --window 1s -q --top 1)
sent() {
	shown <"$AUX/requests"
	rm "$AUX/requests"
}
printf 'from\na file' >"$AUX/body"
name "$AUX" AUX
run loadtest "${common[@]}" --url "http://$standin/a?b=c%20d#fragment" --out get
sent
run loadtest "${common[@]}" --url "http://$standin/" --body '{"a": 1}' -H 'Content-Type: application/json' \
	-H 'X-One: 1' --header=X-Two:2 --out post
sent
run loadtest "${common[@]}" --url "http://$standin/put" -XPUT --body-file "$AUX/body" -H 'Host: other.example' --out put
sent
run loadtest "${common[@]}" --url "http://$standin/head" -X HEAD --out head
sent
