# shellcheck shell=bash
# Two real runs against each other: what their speed allows to say hangs on the machine, so the figures are left out.
. "$E2E/lib.sh"
demo
for name in before after; do
	"$PROGRAM" loadtest --quiet --pprof-url "http://$pprof" --url "http://$http/cpu?us=2000" --vus 2 --think 5ms --ramp 0s \
		--settle 0s --window 4s --slice 1s --out "$name" >/dev/null
done
rule 's/^((CPU a request|Rate|(Latency|Response) p[0-9.]+|Errors) +).*/\1FIGURES/'
rule 's/: [0-9.]+s, .* requests, .* cores, .*/: FIGURES/'
rule '/^(Others|Warning) /d'
rule 's/^(Functions|Result) .*/\1 WORDS/'
rule '/^ +[0-9.]+[nu]?s? +[0-9.]+|^ +base +new/d'
run compare before after
"$PROGRAM" compare before after -o json >"$AUX/out"
check compared "$AUX/out" | sed '/^functions:/d'
