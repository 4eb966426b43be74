# The page of a run: in every run, made again by report, beside another run, and what report says when it cannot.
. "$E2E/lib.sh"
demo
for profiles in cpu,goroutine goroutine; do
	"$PROGRAM" loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" --profiles $profiles --out $profiles -q >/dev/null
done
mv cpu,goroutine first
mv goroutine second
find first second -name report.html -printf '%M %p\n' | sort
cp first/report.html "$AUX/made"
run report first
cmp first/report.html "$AUX/made" && echo 'the same page'
stat -c %A first/report.html
run report first --base second -o both.html
grep -c 'the base run' both.html
"$PROGRAM" report first -o - | cmp - "$AUX/made" && echo 'on standard output too'
echo '# what it holds on to'
grep -o "default-src 'none'; script-src 'sha256-[^']*'; style-src 'sha256-[^']*'" both.html | sed 's/sha256-[^'\'']*/HASH/g'
echo '# what cannot be'
run report
run report first second
run report nothing
run report first -o no/such/folder.html
run report first --open -o -
mkdir bin empty
PATH=$PWD/empty "$PROGRAM" report first --open 2>&1 || echo "[$?]"
printf '#!/bin/sh\necho "opened $1" >"$OPENED"\n' >bin/xdg-open
chmod +x bin/xdg-open
export OPENED=$AUX/opened PATH=$PWD/bin:$PATH
run report first --open
sed 's|/.*/||' "$AUX/opened"
echo 'exit 3' >bin/xdg-open
run report first --open
truncate -s 200 first/cpu.pb.gz
run report first -o cut.html
grep -o 'A profile is not shown: [^"]*' cut.html | sed 's/[0-9][0-9]* bytes/N bytes/'
echo '{}' >first/run.json
run report first
