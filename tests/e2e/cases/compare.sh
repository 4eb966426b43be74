# shellcheck shell=bash
. "$E2E/lib.sh"

made() { /usr/bin/python3 "$E2E/make_run.py" "$@"; } # FOLDER NAME=VALUE...: a run with known figures

echo '# the same figures; then one function that does twice the work, in a run a side and in three'
made base
made same
made twice functions=main.serve:300,main.encode:300,runtime.mallocgc:50 p50=1300 failed=600 requests=50000
run compare base same
run compare base twice
for i in 1 2 3; do
	made "base-$i" p50=$((1000 + i))
	made "twice-$i" p50=$((1300 + i)) functions=main.serve:300,main.encode:300,runtime.mallocgc:5$i
done
run compare base-1 base-2 base-3 vs twice-1 twice-2 twice-3 --fail-on 'cost>5%'
run compare --by cum --top 1 base twice
run compare base twice --run-spread 0.2

echo '# conditions'
run compare base twice --fail-on 'cost > 5%' --fail-on 'function>50%' --fail-on 'errors>0.5%' --fail-on 'p99.9>1%' \
	--fail-on 'rate<-5%'
run compare base same --fail-on 'cost>5%' --fail-on 'cost>50%' --fail-on 'errors>0.1%' --strict
run compare base same --fail-on 'cost>50%' --fail-on 'p50>90%' --strict
run compare base same --fail-on 'response-p99>5%'

echo '# the same for machines'
run compare base twice -o markdown --fail-on 'cost>5%' --fail-on 'p99>100%'
run compare base twice -o junit --fail-on 'cost>5%' --fail-on 'function>50%' --fail-on 'p99.9>5%'
check junit "$AUX/out" 3
run compare base twice -o json --fail-on 'cost>5%' >"$AUX/shown"
check compared "$AUX/out"
"$PROGRAM" compare base twice -o yaml | head -n 3
