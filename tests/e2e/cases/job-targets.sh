# Several kinds of request from a file, by weight, filled in from a table; and files that are wrong.
. "$E2E/lib.sh"
demo
before=$(served)
echo '{"id": "{{uuid}}"}' >body.json
printf 'us,note\n100,"a, b"\n200,c\n' >data.csv
cat >targets <<-END
	# weight: 3
	GET http://$http/json?page={{rand 1 9}}
	Accept: application/json

	POST http://$http/cpu?us={{csv.us}}
	X-Note: {{csv.note}} {{seq}}
	@body.json
END
run loadtest --profiles none --targets targets --data data.csv --vus 2 --threads 1 --requests 400 --out run
check counts run "$http" "$before"
curl -sS "http://$http/count" | grep -o '"/cpu":[0-9]*\|"/json":[0-9]*'
run loadtest --profiles none --targets targets --requests 400
run loadtest --profiles none --targets nowhere
run loadtest --profiles none --targets targets --url "http://$http/"
printf 'GET http://%s/json\nNo colon here\n' "$http" >wrong && run loadtest --profiles none --targets wrong
printf 'FETCH IT\n' >wrong && run loadtest --profiles none --targets wrong
printf 'a,b\n1\n' >data.csv && run loadtest --profiles none --targets targets --data data.csv
run loadtest --profiles none --url "http://$http/json?{{sequence}}"
