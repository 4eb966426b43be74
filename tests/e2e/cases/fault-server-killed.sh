# The service dies in the capture: errors are counted, what is missing is named, the rest is kept.
. "$E2E/lib.sh"
demo
# What was under way broke in one of two ways, what came later was refused.
rule 's/(Failed +)[0-9].*/\1(CONNECTIONS)/; s/Empty reply from server|Recv failure.*reset by peer|Failed to connect to .* refused/(BROKEN)/'
start loadtest --pprof-url "http://$pprof" --url "http://$http/json" --vus 2 --think 5ms --ramp 0s --settle 0s --window 3s \
	--out run
await capture
before=$(served)
until [ "$(served)" -gt $((before + 50)) ]; do sleep 0.02; done
stop_server "$demo" KILL
finish
files
check load run
check holds run 'requests failed, for want of a connection' "run['load']['window']['errors']['connect'] > 0"
check holds run 'the engine did not spin' "run['load']['window']['failed'] < 5000"
