# Interrupted before anything has begun, while somebody does not answer: nothing is kept, nobody is waited for.
. "$E2E/lib.sh"
standin api silent
start loadtest deploy/api -s "http://$standin" --request-timeout 1h --url http://127.0.0.1:1/
until [ -d pprof-runs ]; do sleep 0.02; done # from here on signals are caught
send INT
finish

standin web silent "$AUX/asked"
start loadtest --profiles none --url "http://$standin/"
began=${EPOCHREALTIME/./}
until [ -s "$AUX/asked" ]; do sleep 0.02; done
send TERM
finish
[ $((${EPOCHREALTIME/./} - began)) -lt 9000000 ] && echo 'it did not wait for its ten seconds'
ls -A
