# shellcheck shell=bash
. "$E2E/lib.sh"

made() { /usr/bin/python3 "$E2E/make_run.py" "$@"; } # FOLDER NAME=VALUE...: a run with known figures

echo '# runs that should not be compared are, and that is said'
made base
made other vus=64 seconds=60 url=http://api.example/other 'tool=kubectl-pprof 0.0.9' rate=10/s
made elsewhere url=http://127.0.0.1:8080/json verdict='not trusted' check='load generator saturated: thread lg-0'
run compare base other
run compare base elsewhere
run compare base elsewhere --strict

echo '# what older runs, or runs of load alone, have not'
made old slices=0 timeline=no hlog=no
made alone slices=0 cpu=no
made few functions=main.serve:0,main.rare:1 slices=0
run compare old base
run compare alone base
run compare alone base --fail-on 'cost>5%'
run compare few few

echo '# names that a program or somebody else chose'
hostile=$'main.a|b`c\x1b[31m<script>&\u202e'
made hostile functions="$hostile:200,main.serve:300" verdict=$'trusted\x1b[2J'
run compare base hostile
run compare base hostile -o markdown
run compare base hostile -o junit
check junit "$AUX/out" 0

echo '# folders that are none of ours, or damaged'
run compare base nothing
made strange schema=kubectl-pprof.run/v9
run compare strange base
mkdir no-run && echo '[]' >no-run/run.json
run compare base no-run
made cut && head -c 100 base/cpu.pb.gz >cut/cpu.pb.gz
run compare base cut
made climbs && sed -i 's|slices/cpu-01.pb.gz|../base/cpu.pb.gz|' climbs/run.json
run compare base climbs
made gone && rm gone/slices/cpu-03.pb.gz
run compare base gone
made csv && echo 'time,nothing' >csv/timeline.csv
run compare base csv
made hlog && sed -i 's/9.000,..../9.000,AAAA/' hlog/latency.hlog
run compare base hlog

echo '# wrong usage'
run compare base
run compare base other elsewhere
run compare base vs other vs elsewhere
run compare vs base
for condition in '' cost 'cots>5%' 'cost>5' 'cost>x%' 'cost<5%' 'rate<-5%,cost>5%' 'cost>9999999%'; do
	run compare base other --fail-on "$condition"
done
run compare base other -o xml
