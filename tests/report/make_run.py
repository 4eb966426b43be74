#!/usr/bin/env python3
"""Lays out run folders for the tests of the report: make_run.py FOLDER

  FOLDER/run      of the profiles kept in tests/capture/profiles, with all that a run can have
  FOLDER/other    another run, to compare with
  FOLDER/hostile  whose every name is an attack
  FOLDER/large    with a CPU profile of some 100 MB
"""

import gzip
import json
import os
import random
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = os.path.join(HERE, "..", "capture", "profiles")
KINDS = ["cpu", "goroutine", "heap", "allocs", "mutex", "block"]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def num(field, value):
    return varint(field << 3) + varint(value)


def data(field, payload):
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def profile(path, names, stacks, level=6, times=1):
    """A CPU profile: names of functions, stacks as (samples, [number of a function, leaf first])."""
    strings = [b"", b"samples", b"count", b"cpu", b"nanoseconds", b"/src/app.go"]
    out = [data(1, num(1, 1) + num(2, 2)), data(1, num(1, 3) + num(2, 4)), data(11, num(1, 3) + num(2, 4)),
           num(12, 10_000_000), num(10, 10_000_000_000)]
    for i, name in enumerate(names):
        strings.append(name)
        out.append(data(5, num(1, i + 1) + num(2, len(strings) - 1) + num(3, len(strings) - 1) + num(4, 5) + num(5, 7)))
        out.append(data(4, num(1, i + 1) + num(3, 4096 + 16 * i) + data(4, num(1, i + 1) + num(2, 10))))
    samples = b"".join(data(2, data(1, b"".join(varint(i + 1) for i in stack)) + data(2, varint(count) + varint(count * 10_000_000)))
                       for count, stack in stacks)
    out += [samples] * times
    out += [data(6, text) for text in strings]
    plain = b"".join(out)
    with gzip.open(path, "wb", level) as file:
        file.write(plain)
    return len(plain)


def instant(second):
    return {"time": "2026-11-24T14:03:%06.3fZ" % second, "monotonic_ns": int(second * 1e9) + 1, "elapsed_s": second}


def latency(scale):
    return {"count": 30116, "min_us": 96, "mean_us": 180.5 * scale, "stddev_us": 90, "p50_us": 162 * scale, "p90_us": 222 * scale,
            "p95_us": 267 * scale, "p99_us": 1000 * scale, "p99.9_us": 3970 * scale, "p99.99_us": 9000 * scale, "max_us": 12231 * scale}


def document(scale, text=lambda word: word):
    """run.json; `text` is what becomes of every word that others write."""
    captures = [{"file": kind + ".pb.gz", "bytes": 9000, "begin": instant(7), "end": instant(17), "captured": True, "partial": False}
                for kind in KINDS]
    return {
        "schema": "kubectl-pprof.run/v1", "tool": "kubectl-pprof 0.1.0", "partial": False,
        "plan": {"target": {"target": "deploy/api", "namespace": "shop"},
                 "load": {"url": text("http://api.shop.example/order"), "method": "GET", "vus": 16, "ramp": "5s"},
                 "capture": {"profiles": ",".join(KINDS), "baseline": "3s", "window": "10s", "slice": "5s"}},
        "target": {"name": text("shop/api-7f9c"), "why": "most CPU of 3 ready pods", "namespace": "shop", "pod": text("api-7f9c"),
                   "node": text("node-1"), "share": 0.5, "share_measured": True, "load_url": text("http://api.shop.example/order"),
                   "ranking": {"pods": [{"name": text("api-7f9c"), "cpu_milli": 930, "memory_bytes": 52428800},
                                        {"name": "api-8b2d", "cpu_milli": 910, "memory_bytes": 52428800}]}},
        "timeline": {"begun": instant(0), "load_started": instant(3), "ramp_ended": instant(8), "window_begin": instant(10.2),
                     "window_end": instant(20.2), "load_stopped": instant(20.5), "ended": instant(21)},
        "load": {"window": {"requests": 30000, "failed": 12, "status": {"2xx": 29988, "5xx": 12}, "errors": {}, "seconds": 10,
                            "rate": 3000 / scale, "service_latency": latency(scale), "response_latency": latency(1.2 * scale),
                            "schedule_lag": latency(0.1 * scale)},
                 "connections": 16, "io": "io_uring", "threads": [{"cpu": 0.21}, {"cpu": 0.22}], "saturated": False,
                 "first_error": text("status 503")},
        "captures": captures,
        "idle_captures": [{"file": "idle/cpu.pb.gz", "bytes": 900, "begin": instant(0), "end": instant(3), "captured": True, "partial": False}],
        "cpu": {"cpu_ns": 1.1e10, "profiled_ns": 1e10, "samples": 1100, "cores": 1.1, "ns_per_request": 733333.0 * scale,
                "functions": [{"function": text("main.fib"), "flat_ns": 1, "cum_ns": 1, "samples": 1, "relative_error": 1}],
                "by_application": [
                    {"function": text("main.fib"), "file": text("/src/main.go"), "line": 42, "own": True, "cum_ns": 7e9, "samples": 700,
                     "ns_per_request": 466666.0, "relative_error": 0.038},
                    {"function": "runtime.gcBgMarkWorker", "file": "/go/src/runtime/mgc.go", "line": 1300, "own": False, "cum_ns": 4e9,
                     "samples": 400, "ns_per_request": 266666.0, "relative_error": 0.05}]},
        "goroutines": {"idle": 12, "loaded": 840, "after": 812},
        "findings": [{"name": "allocation", "title": "memory is allocated", "share": 0.23, "threshold": 0.15, "ns_per_request": 8120.5,
                      "samples": 225, "relative_error": 0.067, "function": text("runtime.mallocgc"), "caller": text("main.order"),
                      "file": text("/src/main.go"), "line": 42, "confidence": "high",
                      "callers": [{"function": text("main.order"), "file": "/src/main.go", "line": 42, "share": 0.19},
                                  {"function": "main.fib", "file": "/src/main.go", "line": 12, "share": 0.04}],
                      "means": "Each request makes many objects, which the allocator has to find room for and the collector to find again.",
                      "do": "Reuse buffers (sync.Pool), size slices beforehand, avoid conversions between string and []byte."},
                     {"name": "regexp", "title": "a regular expression is compiled for each request", "share": 0.031, "threshold": 0.005,
                      "samples": 34, "relative_error": 0.17, "function": "regexp.Compile", "confidence": "medium",
                      "means": "Compiling costs more than matching.", "do": "Compile it once, in a package variable."}],
        "pods": [{"name": text("api-7f9c"), "namespace": "shop", "uid": "1", "node": text("node-1"), "folder": "pods/api-7f9c", "cores": 1.62,
                  "relative_error": 0.02, "samples": 1620, "cpu_share": 0.675, "goroutines": 620, "restarts": 0},
                 {"name": "api-9d2e", "namespace": "shop", "uid": "2", "node": "node-2", "folder": "pods/api-9d2e", "cores": 0.78,
                  "relative_error": 0.03, "samples": 780, "cpu_share": 0.325, "goroutines": 220, "restarts": 1, "lost": text("pod was deleted")}],
        "goroutine_groups": [{"count": 812, "idle": 2, "after": 790, "state": "chan receive", "minutes": 3, "suspect": "leak",
                              "stack": [text("main.leakedWorker (/src/work.go:175)"), "created by main.serveLeak (/src/work.go:168)"]},
                             {"count": 16, "idle": 0, "after": 0, "state": text("IO wait"), "minutes": 0, "suspect": "",
                              "stack": ["internal/poll.runtime_pollWait (/go/src/runtime/netpoll.go:351)", "net/http.(*conn).serve (/go/src/net/http/server.go:2103)"]}],
        "memory": {"alloc_bytes_per_request": 40960.0, "alloc_objects_per_request": 310.0, "relative_error": 0.01,
                   "inuse_bytes_idle": 1048576, "inuse_bytes": 9437184, "inuse_bytes_after": 1150976,
                   "functions": [{"function": text("main.order"), "file": text("/src/main.go"), "line": 42, "own": True, "share": 0.8,
                                  "alloc_bytes_per_request": 32768.0, "alloc_objects_per_request": 240.0, "relative_error": 0.01}],
                   "growth": [{"function": "main.remember", "file": "/src/main.go", "line": 51, "own": True, "inuse_bytes_idle": 0,
                               "inuse_bytes": 8388608, "inuse_bytes_after": 8388608}]},
        "capacity": {"metric": "http_req_duration", "threshold": "p(99)<50", "knee": 3000, "above": 3200, "ended": "found",
                     "text": "3,000/s is the highest rate that meets it",
                     "steps": [{"asked": 2000, "achieved": 2000, "p99_ms": 12.5, "met": True},
                               {"asked": 4000, "achieved": 3810, "p99_ms": 91.0, "met": False, "fault": text("threshold")}]},
        "thresholds": [{"metric": "http_req_duration", "threshold": "p(95)<500", "value": 0.267, "ok": True},
                       {"metric": "http_req_failed", "threshold": "rate<0.0001", "value": 0.0004, "ok": False}],
        "verdict": {"verdict": "trusted with reservations", "steady": True, "checks": [
            {"name": "steady", "level": "ok", "text": "rate steady before the window (varied by 2.1%)"},
            {"name": "errors", "level": "warn", "text": text("12 of 30000 requests failed (0.04%)")},
            {"name": "samples", "level": "ok", "text": "1100 CPU samples"}]},
    }


def timeline():
    rows = ["time,elapsed_s,phase,vus,requests,failed,p50_us,p99_us,pod_cpu_m,pod_memory_bytes"]
    for second in range(18):
        phase = "ramp" if second < 5 else "settle" if second < 7 else "window" if second < 17 else "after"
        full = min(1, (second + 1) / 5)
        rows.append("2026-11-24T14:03:%02d.000Z,%d.000,%s,%d,%d,%d,%d,%d,%s" % (
            second + 3, second, phase, 16 * full, 3000 * full if second < 17 else 1500, 4 if 11 <= second < 14 else 0,
            150 + 5 * (second % 4), 900 + 130 * (second % 5), "%d,%d" % (930 * full, 50_000_000 + second * 400_000) if second else ","))
    return "\n".join(rows) + "\n"


def lay_out(folder, run, profiles):
    os.makedirs(os.path.join(folder, "idle"))
    with open(os.path.join(folder, "run.json"), "w") as file:
        json.dump(run, file)
    with open(os.path.join(folder, "timeline.csv"), "w") as file:
        file.write(timeline())
    shutil.copy(os.path.join(HERE, "latency.hlog"), folder)
    for name, kept in profiles.items():
        shutil.copy(os.path.join(PROFILES, kept), os.path.join(folder, name))


ATTACKS = [
    "</script><script>document.title='owned'</script>", "<img src=x onerror=document.title='owned'>", "<!--<script>", "]]></style>",
    "\"'><svg onload=document.title='owned'>", "main.\u202egnp.exe\u2066\u200f", "main.\x1b[31m\x07\x00bell\x7f\u009b", "javascript:alert(1)//",
    "main." + "long" * 2560, "=cmd|' /C calc'!A1", "__proto__", "constructor", "&lt;b&gt;&#60;i&#62;", "\u2028\u2029main.line", "{{7*7}}${7*7}`",
]


def hostile(folder):
    words = iter(range(1 << 30))
    lay_out(folder, document(1, lambda word: ATTACKS[next(words) % len(ATTACKS)].replace("\0", "") + word), {})
    names = [attack.encode() for attack in ATTACKS] + [b"main.\xff\xfe\x80broken"]
    stacks = [(50 + i, [i, (i + 1) % len(names), (i + 2) % len(names)]) for i in range(len(names))]
    profile(os.path.join(folder, "cpu.pb.gz"), names, stacks)
    profile(os.path.join(folder, "idle", "cpu.pb.gz"), names, stacks[:3])


def large(folder):
    """Many stacks of many long names, the worst for a page; the same samples over and over, for they are quickly made."""
    random.seed(1)
    lay_out(folder, document(1), {})
    names = [b"example.com/%s/package%d.(*Type%d).Method%d" % (b"service" * 30, i % 97, i % 31, i) for i in range(20000)]
    stacks = []
    for _ in range(30000):
        stack = [0]
        for _ in range(random.randrange(5, 30)):
            stack.append((stack[-1] * 3 + random.randrange(3) + 1) % len(names))
        stacks.append((1 + random.randrange(20), stack[::-1]))
    return profile(os.path.join(folder, "cpu.pb.gz"), names, stacks, 1, 64)


def main(folder):
    kept = {kind + ".pb.gz": kind + ".pb.gz" for kind in KINDS}
    lay_out(os.path.join(folder, "run"), document(1), {**kept, "idle/cpu.pb.gz": "cpu-3.pb.gz"})
    lay_out(os.path.join(folder, "other"), document(1.5), {**kept, "cpu.pb.gz": "cpu-2.pb.gz"})
    hostile(os.path.join(folder, "hostile"))
    print("large: %d bytes of profile" % large(os.path.join(folder, "large")))


main(sys.argv[1])
