# What makes an answer a good one, and k6's checks in load.json.
. "$E2E/lib.sh"
demo
run loadtest --profiles none --url "http://$http/json" --vus 2 --requests 50 --expect-status 2xx --expect-body item-199 --out good
check load good
run loadtest --profiles none --url "http://$http/json" --vus 2 --requests 50 --expect-status 204,3xx --out bad
check holds bad 'all failed the check' "run['load']['window']['errors']['check'] == 50"
check holds bad 'and were whole answers' "run['load']['window']['status']['2xx'] == 50"
run loadtest --profiles none --url "http://$http/json" --vus 2 --requests 50 --no-keepalive --out fresh
check holds fresh 'a connection for each request' "run['load']['connections'] == 50"
run loadtest --profiles none --url "http://$http/json" --vus 2 --requests 50 --io epoll --out epoll
check holds epoll 'the other way of I/O' "run['load']['io'] == 'epoll'"
