"""What others' programs make of a run's files: readers.py QUESTION ARGUMENT...; runs in the readers' Python."""
import json
import math
import os
import re
import sys
import time
import urllib.request
from datetime import datetime

POINTS = (("p50_us", 50), ("p90_us", 90), ("p95_us", 95), ("p99_us", 99), ("p99.9_us", 99.9), ("max_us", 100))


def expect(holds, text):
    if not holds:
        print("WRONG: " + text)
        sys.exit(1)


def read_run(folder):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        return json.load(file)


# ---- latency.hlog ----------------------------------------------------------------------------------


def intervals(folder):
    from hdrh.histogram import HdrHistogram
    from hdrh.log import HistogramLogReader
    reader = HistogramLogReader(os.path.join(folder, "latency.hlog"), HdrHistogram(1, 3_600_000_000, 3))
    while (histogram := reader.get_next_interval_histogram()) is not None:
        yield histogram


def counts(histogram):
    """Pairs of a value, the highest that shares a count, and that count."""
    return [(histogram.get_highest_equivalent_value(item.value_iterated_to), item.count_at_value_iterated_to)
            for item in histogram.get_recorded_iterator()]


def percentile(pairs, percent):
    """Java's rule: the first value with so many up to it. The package rounds the rank to the nearest instead."""
    wanted, seen = max(1, math.ceil(percent / 100 * sum(n for _, n in pairs) - 1e-9)), 0
    for value, n in pairs:
        seen += n
        if seen >= wanted:
            return value, seen
    return 0, 0


def check_hgrm(folder, pairs):
    with open(os.path.join(folder, "latency.hgrm"), encoding="utf-8") as file:
        rows = re.findall(r"^ *([\d.]+) ([\d.]+) +(\d+)", file.read(), re.M)
    expect(len(rows) > 5, "latency.hgrm has no rows")
    for value, level, count in rows[1:]:
        ours, theirs = (round(float(value) * 1000), int(count)), percentile(pairs, 100 * float(level))
        expect(ours == theirs, f"latency.hgrm has {ours} at {level}, it is {theirs}")


def histograms(folder):
    """latency.hlog by HdrHistogram's own package, beside run.json and latency.hgrm."""
    run, tags = read_run(folder), []
    keys = {"": "service_latency", "response": "response_latency", "lag": "schedule_lag"}
    began = datetime.fromisoformat(run["timeline"]["load_started"]["time"].replace("Z", "+00:00")).timestamp()
    for histogram in intervals(folder):
        tag = histogram.get_tag()
        phase, _, kind = tag.partition("-")
        told = run["load"][phase][keys[kind]]
        pairs = counts(histogram)
        expect(histogram.get_total_count() == sum(n for _, n in pairs) == told["count"], f"count of {tag}")
        for key, percent in POINTS:
            got = percentile(pairs, percent)[0]
            expect(got == told[key], f"{tag}: {key} is {got}, run.json has {told[key]}")
        start = histogram.get_start_time_stamp() / 1000
        expect(-0.01 < start - began < 3600, f"{tag} starts at {start}, the load at {began}")
        if tag == "window":
            check_hgrm(folder, pairs)
        tags.append(tag)
    expect({"window", "window-response", "window-lag"} <= set(tags), f"{tags}")
    print("HdrHistogram's package reads the same from latency.hlog, latency.hgrm and run.json")


# ---- Prometheus ----------------------------------------------------------------------------------------


def families(address):
    from prometheus_client.parser import text_string_to_metric_families
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
        expect(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), "Content-Type")
        return list(text_string_to_metric_families(answer.read().decode()))


def values(address):
    time.sleep(0.1)
    sums = {}
    for family in families(address):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def scrape(address):
    """k6's names and types, and counters that grow. Waits for the first requests."""
    while not (first := values(address)).get("k6_http_reqs_total"):
        pass
    names = ("iterations_total", "data_sent_total", "data_received_total", "dropped_iterations_total", "vus",
             "http_req_failed_rate", "http_req_duration_avg", "http_req_duration_p99", "http_req_duration_med",
             "http_req_duration_max", "http_req_waiting_p95", "http_req_connecting_avg")
    expect(all("k6_" + name in first for name in names), f"there are {sorted(first)}")
    med, p99, most = (first["k6_http_req_duration_" + name] for name in ("med", "p99", "max"))
    expect(0 < med <= p99 <= most < 3600, f"latencies {med}, {p99}, {most}")
    while values(address)["k6_http_reqs_total"] <= first["k6_http_reqs_total"]:
        pass
    kinds = {family.name: family.type for family in families(address)}
    expect(kinds["k6_http_reqs"] == "counter" and kinds["k6_vus"] == "gauge", f"types: {kinds}")
    print("Prometheus' parser reads k6's names, and counters that grow")


if __name__ == "__main__":
    {"histograms": histograms, "scrape": scrape}[sys.argv[1]](*sys.argv[2:])
