# Profiles and dumps that are there already: what they mean, and what is refused.
. "$E2E/lib.sh"
kept=$ROOT/tests/capture/findings/1.26.8
cp "$kept/allocation.pb.gz" "$kept/scheduler-twin.pb.gz" .
cp "$kept/stall-after.txt" stall.txt
run explain allocation.pb.gz
run explain scheduler-twin.pb.gz
run explain allocation.pb.gz -o yaml
run explain stall.txt
# A run: what a request costs is in run.json, goroutines are compared over its phases.
mkdir -p run/idle run/after
cp allocation.pb.gz run/cpu.pb.gz
cp "$kept/leak-idle.txt" run/idle/goroutine.txt
cp "$kept/leak-loaded.txt" run/goroutine.txt
cp "$kept/leak-after.txt" run/after/goroutine.txt
echo '{"cpu": {"cpu_ns": 5940000000, "ns_per_request": 100000}}' >run/run.json
run explain run
# What only the run could tell is in its document, and nothing there reaches the terminal as it is.
cat >run/run.json <<'END'
{"cpu": {"cpu_ns": 5940000000, "ns_per_request": 100000}, "findings": [
  {"name": "allocation", "title": "is found again, not read", "share": 0.5},
  {"name": "hot-replica", "title": "pod b\u001b[31m uses 0.9 cores, the other 0.3", "share": 0.75, "threshold": 0.565,
   "samples": 900, "relative_error": 0.04, "function": "main.lead", "callers": [], "means": "It leads.", "do": "Let it.",
   "confidence": "high"},
  {"name": "mutex-wait", "title": "goroutines wait for locks", "share": 0.3, "threshold": 0.1, "samples": 50,
   "relative_error": 0.14, "confidence": "medium", "means": "They wait.", "do": "Do not.",
   "callers": [{"function": "main.hold\n", "file": "/src/main.go", "line": 7, "share": 0.2}, 7]},
  {"name": "cpu-throttling", "share": -1, "samples": "many"}, 5]}
END
run explain run
# Refused.
PYTHONPATH=$E2E /usr/bin/python3 -c 'import profile_proto, sys
sys.stdout.buffer.write(profile_proto.encode("cpu", ["main.main"]))' >ten.pb.gz
run explain ten.pb.gz
cp "$ROOT/tests/capture/profiles/heap.pb.gz" .
run explain heap.pb.gz
head -c 300 allocation.pb.gz >cut.pb.gz
run explain cut.pb.gz
echo 'hello' >hello.txt
run explain hello.txt
echo 'goroutine profile: total 0' >none.txt
run explain none.txt
run explain missing.pb.gz
mkdir empty
run explain empty
mkdir norun
echo '{}' >norun/run.json
run explain norun
run explain
run explain a b
