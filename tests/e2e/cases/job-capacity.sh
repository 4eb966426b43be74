# The highest rate that two users can keep up with answers of 50 ms is 40 a second: more of it is dropped.
. "$E2E/lib.sh"
demo
rule '/^[* ] +[0-9.,]+ +[0-9.,]+ .*/d; s/^search  .*s  .*//; /^[0-9.,]+\/s |^no rate|^even /s/.*/(FOUND)/; /starts were dropped|LEVEL    \(the schedule|requests left/d; s/(Load .*, )[0-9.,]+\/s/\1N\/s/'
run loadtest --profiles none --url "http://$http/sleep?ms=50" --find-capacity 'p(95)<60000' --rate 10/s --vus 2 --max-vus 2 \
	--capacity-step 1s --settle 0s --window 1s --out run -q
check holds run 'it was found' "run['capacity']['steps'] and 0 < run['capacity']['knee'] <= 42"
check holds run 'in several steps' "len(run['capacity']['steps']) >= 3"
run loadtest --profiles none --url "http://$http/" --find-capacity 'p(95)'
run loadtest --profiles none --url "http://$http/" --find-capacity 'p(95)<5' --stage 1s:5
