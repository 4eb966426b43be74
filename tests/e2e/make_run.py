"""Writes the folder of a run as loadtest leaves it, with figures of one's choice: make_run.py FOLDER [NAME=VALUE...]

functions=main.a:100,main.b:50   samples of each in a slice; every second slice has one more, the others one less
slices=6 seconds=30 requests=60000 failed=0 p50=1000 vus=16 url=... verdict=trusted check=TEXT (why it is not)
rate=N (open model: there are response latencies too)   schema=...   tool=...   period=10000000
slices=0 leaves them out (the samples are then those of six), cpu=no the CPU profile, timeline=no and hlog=no those files: an older run.
"""
import base64
import json
import os
import struct
import sys
import zlib

import profile_proto as proto

FIRST = 5_000_000_000


def zigzag(value):
    bits = (value << 1 ^ value >> 63) & (1 << 64) - 1
    return proto.varint(bits)


def histogram(counts):
    """HdrHistogram V2 of {us: count}, every us below 2048."""
    body, at = b"", 0
    for us in sorted(counts):
        body += zigzag(at - us) if us > at else b""
        body += zigzag(counts[us])
        at = us + 1
    plain = struct.pack(">IIIIQQd", 0x1c849313, len(body), 0, 3, 1, 3_600_000_000, 1.0) + body
    packed = zlib.compress(plain)
    return base64.b64encode(struct.pack(">II", 0x1c849314, len(packed)) + packed).decode()


def cpu(samples, period, seconds):
    """A CPU profile with one stack for each function of {name: samples}."""
    strings = ["", "samples", "count", "cpu", "nanoseconds"] + list(samples)
    out = [proto.text(1, proto.number(1, 1) + proto.number(2, 2)), proto.text(1, proto.number(1, 3) + proto.number(2, 4))]
    for i, (name, count) in enumerate(samples.items(), 1):
        values = proto.varint(count) + proto.varint(count * period)
        out.append(proto.text(2, proto.text(1, proto.varint(i)) + proto.text(2, values)))
        out.append(proto.text(4, proto.number(1, i) + proto.text(4, proto.number(1, i))))
        out.append(proto.text(5, proto.number(1, i) + proto.number(2, strings.index(name))))
    out += [proto.text(6, string.encode()) for string in strings]
    out += [proto.number(10, int(seconds * 1e9)), proto.text(11, proto.number(1, 3) + proto.number(2, 4)),
            proto.number(12, period)]
    return proto.gzip.compress(b"".join(out), mtime=0)


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def instant(ns):
    return {"monotonic_ns": ns, "elapsed_s": ns / 1e9}


def slices_of(folder, given, functions):
    """Writes them; what they hold in all, and run.json's list."""
    count, seconds, requests = int(given["slices"]), float(given["seconds"]), int(given["requests"])
    total, listed = dict.fromkeys(functions, 0), []
    for i in range(max(count, 1)):
        samples = {name: max(k + (1 if i % 2 else -1), 0) if count else k for name, k in functions.items()}
        for name, k in samples.items():
            total[name] += k if count else 6 * k
        if count:
            file = f"slices/cpu-{i + 1:02}.pb.gz"
            write(folder, file, cpu(samples, int(given["period"]), seconds / count))
            listed.append({"file": file, "begin": instant(int(FIRST + i * seconds / count * 1e9)),
                           "end": instant(int(FIRST + (i + 1) * seconds / count * 1e9)), "seconds": seconds / count,
                           "requests": requests // count})
    return total, listed


def timeline(given):
    seconds, requests, p50 = int(float(given["seconds"])), int(given["requests"]), int(given["p50"])
    rows = ["time,elapsed_s,phase,vus,requests,failed,p50_us,p99_us,pod_cpu_m,pod_memory_bytes"]
    for i in range(seconds + 2):
        phase = "ramp" if i == 0 else "window" if i <= seconds else "after"
        failed = int(given["failed"]) // seconds
        rows.append(f"T,{i}.000,{phase},{given['vus']},{requests // seconds + i % 3 - 1},{failed},{p50 + i % 3 - 1},"
                    f"{p50 + 99 + i % 3},,")
    return "\n".join(rows) + "\n"


def main(folder, given):
    functions = {name: int(k) for name, k in (pair.rsplit(":", 1) for pair in given["functions"].split(",") if pair)}
    requests, seconds, p50 = int(given["requests"]), float(given["seconds"]), int(given["p50"])
    load = {"url": given["url"], "method": "GET", "vus": int(given["vus"])}
    window = {"requests": requests, "failed": int(given["failed"]), "seconds": seconds, "rate": requests / seconds}
    run = {"schema": given["schema"], "tool": given["tool"], "partial": False,
           "plan": {"load": load, "capture": {"window": f"{seconds:g}s"}}, "target": {"name": "api", "share": 1},
           "load": {"window": window},
           "verdict": {"verdict": given["verdict"],
                       "checks": [{"name": "x", "level": "fail", "text": given["check"]}] if given["check"] else []}}
    total, listed = slices_of(folder, given, functions)
    if listed:
        run["slices"] = listed
    if given["cpu"] == "yes":
        write(folder, "cpu.pb.gz", cpu(total, int(given["period"]), seconds))
    spread = {p50 - 100 + 2 * i: requests // 100 for i in range(100)}
    lines = ["#[Histogram log format version 1.3]", f"Tag=window,0.000,{seconds},9.000,{histogram(spread)}"]
    if given["rate"]:
        load["rate"] = given["rate"]
        lines.append(f"Tag=window-response,0.000,{seconds},9.000,{histogram(spread)}")
    if given["hlog"] == "yes":
        write(folder, "latency.hlog", "\n".join(lines) + "\n")
    if given["timeline"] == "yes":
        write(folder, "timeline.csv", timeline(given))
    write(folder, "run.json", json.dumps(run))


DEFAULTS = {"functions": "main.serve:300,main.encode:150,runtime.mallocgc:50", "slices": "6", "seconds": "30",
            "requests": "60000", "failed": "0", "p50": "1000", "vus": "16", "url": "http://api.example/json",
            "verdict": "trusted", "check": "", "rate": "", "schema": "kubectl-pprof.run/v1",
            "tool": "kubectl-pprof 0.1.0", "period": "10000000", "cpu": "yes", "timeline": "yes", "hlog": "yes"}

if __name__ == "__main__":
    main(sys.argv[1], DEFAULTS | dict(pair.split("=", 1) for pair in sys.argv[2:]))
