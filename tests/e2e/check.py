"""Holds a run against what others say of it: check.py QUESTION ARGUMENT...

Prints one line for what holds, so that it is part of a case's transcript; what does not ends with status 1.
"""
import base64
import csv
import json
import math
import os
import re
import struct
import subprocess
import sys
import urllib.request
import zlib
from datetime import datetime

PHASES = ("before", "window", "after")


def fail(text):
    print("WRONG: " + text)
    sys.exit(1)


def expect(holds, text):
    if not holds:
        fail(text)


def read_run(folder):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        return json.load(file)


def phases(run):
    return [run["load"][name] for name in PHASES if name in run["load"]]


def total(run, key):
    return sum(phase[key] for phase in phases(run))


# ---- what may reach a terminal --------------------------------------------------------------------


def printable(*files):
    """Nothing in the files makes a terminal do anything but show text. A JSON document has tabs."""
    for name in files:
        with open(name, "rb") as file:
            text = file.read().decode("utf-8")
        if text.startswith("{"):
            text = text.replace("\t", " ")
        bad = re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)
        expect(not bad, f"{os.path.basename(name)} holds {bad and bad.group()!r}")


def live(columns, path):
    """What is left on a terminal in the end; and each live line was cut to its width and taken away by the next."""
    with open(path, "rb") as file:
        text = file.read().decode("utf-8").replace("\r\n", "\n")
    lines = re.findall(r"\r\x1b\[K([^\r\n]*)", text)
    left = re.sub(r"(\r\x1b\[K[^\r\n]*)*\r\x1b\[K", "", text)
    expect("\r" not in left and "\x1b" not in left, f"left on the terminal: {left!r}")
    print(left, end="")
    shown = [line for line in lines if line]
    expect(all(len(line) < int(columns) for line in shown), "a live line is wider than the terminal")
    words = list(dict.fromkeys(line.split()[0] for line in shown))
    print("live lines: " + (", ".join(words) or "none"))
    for line in shown:
        pattern = (r"idle +\d+s( of 1s)?|(ramp|settle|capture) +\d+s( of (at most )?\d+s)?  [0-2]/2 VUs  \S+ req/s"
                   r"(  p50 \S+ p99 \S+)?  0 failed")
        expect(int(columns) < 80 or re.fullmatch(pattern, line), f"a live line: {line!r}")


# ---- profiles ----------------------------------------------------------------------------------------


def pprof_top(path, *options):
    """Rows (name, flat, cum) of go tool pprof -top; the figures mean something with -unit only."""
    command = [os.environ["PPROF"], "-top", "-nodefraction=0", "-edgefraction=0", *options, path]
    done = subprocess.run(command, capture_output=True, text=True, env={"HOME": os.environ["AUX"]})
    expect(done.returncode == 0, f"go tool pprof does not open {path}: {done.stderr}")
    rows = re.findall(r"^ *(-?[\d.]+)\w* +\S+% +\S+% +(-?[\d.]+)\w* +\S+% +(.*)$", done.stdout, re.M)
    return [(name.removesuffix(" (inline)").removesuffix(" (partial-inline)"), float(flat), float(cum))
            for flat, cum, name in rows]


def profiles(folder, *words):
    """Every .pb.gz opens in go tool pprof; the CPU profile holds the functions `words`."""
    names = sorted(os.path.relpath(os.path.join(where, name), folder)
                   for where, _, files in os.walk(folder) for name in files if name.endswith(".pb.gz"))
    names = [name for name in names if not name.startswith("slices/")]
    for name in names:
        pprof_top(os.path.join(folder, name))
        print("go tool pprof opens " + name)
    if words:
        functions = {name for name, _, _ in pprof_top(os.path.join(folder, "cpu.pb.gz"))}
        for word in words:
            expect(word in functions, f"no {word} in cpu.pb.gz")
            print("cpu.pb.gz holds " + word)


def slices(folder):
    """The slices are the CPU profile, function by function, follow each other, and their requests are the window's."""
    run = read_run(folder)
    listed, sums = run["slices"], {}
    there = sorted(f"slices/{name}" for name in os.listdir(os.path.join(folder, "slices")))
    expect([part["file"] for part in listed] == there and 2 <= len(there) <= 24, f"{there}")
    for part in listed:
        for name, flat, _ in pprof_top(os.path.join(folder, part["file"]), "-unit=nanoseconds", "-nodecount=100000"):
            sums[name] = sums.get(name, 0) + flat
    whole = pprof_top(os.path.join(folder, "cpu.pb.gz"), "-unit=nanoseconds", "-nodecount=100000")
    whole = {name: flat for name, flat, _ in whole if flat}
    expect({name: flat for name, flat in sums.items() if flat} == whole, "the slices are not cpu.pb.gz")
    edges = [part[edge]["monotonic_ns"] for part in listed for edge in ("begin", "end")]
    expect(edges == sorted(edges), f"edges {edges}")
    expect(edges[0] >= run["timeline"]["window_begin"]["monotonic_ns"], "a slice before the window")
    requests = sum(part["requests"] for part in listed)
    expect(0 < requests <= run["load"]["window"]["requests"] + len(listed), f"{requests} requests")
    print("the slices add up to cpu.pb.gz")


def figure(value):
    """The number of '780ms' or '38.3us' in nanoseconds."""
    number, unit = re.fullmatch(r"([\d.]+)(s|ms|us|ns)", value).groups()
    return float(number) * {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1}[unit]


def near(shown, exact):
    return abs(shown - exact) <= 0.0051 * abs(exact) + 0.51


def table(folder, summary, rows):
    """The summary's table and run.json's functions are the rows of go tool pprof -top."""
    run = read_run(folder)
    theirs = pprof_top(os.path.join(folder, "cpu.pb.gz"), "-unit=nanoseconds", "-nodecount=1000")
    ours = [(row["function"], row["flat_ns"], row["cum_ns"]) for row in run["cpu"]["functions"]]
    other = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
    expect(not other and ours, f"run.json and go tool pprof -top: {other[:1]}")
    whole, requests = run["cpu"]["cpu_ns"], run["load"]["window"]["requests"]
    scale = run["load"]["window"]["seconds"] * 1e9 / run["cpu"]["profiled_ns"] / requests
    with open(summary, encoding="utf-8") as file:
        shown = re.findall(r"^ +(\S+) +([\d.]+)% +([\d.]+)% +(\S+) +± *(\d+)% +(.*)$", file.read(), re.M)
    wanted = [row for row in theirs if row[1] > 0][:int(rows)]
    expect([row[5] for row in shown] == [row[0] for row in wanted], f"the table has {shown}")
    for (flat, flat_share, cum_share, each, error, name), (_, exact, cum) in zip(shown, wanted):
        samples = exact / 1e7
        expect(near(figure(flat), exact), f"{name}: flat {flat}, it is {exact}")
        expect(abs(float(flat_share) - 100 * exact / whole) < 0.051, f"{name}: flat {flat_share}%")
        expect(abs(float(cum_share) - 100 * cum / whole) < 0.051, f"{name}: cum {cum_share}%")
        expect(near(figure(each), exact * scale), f"{name}: {each} a request, it is {exact * scale}")
        expect(abs(float(error) - 100 / samples ** 0.5) < 0.51, f"{name}: error {error}% of {samples} samples")
    print(f"the table has the first {rows} rows of go tool pprof -top")


# ---- counts ----------------------------------------------------------------------------------------


def ask(server, path):
    with urllib.request.urlopen(f"http://{server}/{path}") as answer:
        return json.load(answer)


def milliseconds(instant):
    return round(datetime.fromisoformat(instant["time"].replace("Z", "+00:00")).timestamp() * 1000)


def counts(folder, server, before):
    """
    What the server counted is what run.json says. The totals to the last request: those of the run, the one that
    probed, and at most those in flight when it ended. In the window a user's request may lie on the other side of an
    edge for the two (done is not yet received), one a user and edge, and edges are known to the millisecond.
    """
    run = read_run(folder)
    expect(total(run, "failed") == 0, "requests failed")
    known, censored = total(run, "requests") + 1, run["load"]["censored"]
    counted = ask(server, "count")["total"] - int(before)
    expect(known <= counted <= known + censored, f"{counted} counted, {known} known and {censored} in flight")
    begin, end = (milliseconds(run["timeline"][name]) for name in ("window_begin", "window_end"))
    window = lambda a, b: ask(server, f"window?begin={a * 1_000_000}&end={b * 1_000_000}")["requests"]
    slack = run["plan"]["load"]["vus"] + window(begin - 1, begin + 2) + window(end - 1, end + 2)
    ours, theirs = run["load"]["window"]["requests"], window(begin, end)
    expect(abs(ours - theirs) <= slack, f"{ours} requests in the window, the server counted {theirs}, +-{slack}")
    expect(theirs > 2 * slack or theirs < 100, f"{slack} of {theirs} is too much to say anything")
    print("the server counted the same, in all and in the window")


# ---- load.json, timeline.csv, latency.hlog ---------------------------------------------------------------


def load_json(folder, run):
    with open(os.path.join(folder, "load.json"), encoding="utf-8") as file:
        document = json.load(file)
    metrics = {name: metric["values"] for name, metric in document["metrics"].items()}
    kinds = {name: (metric["type"], metric["contains"]) for name, metric in document["metrics"].items()}
    expect(kinds["http_req_duration"] == ("trend", "time") and kinds["http_reqs"] == ("counter", "default") and
           kinds["http_req_failed"] == ("rate", "default") and kinds["data_received"] == ("counter", "data"),
           f"kinds of metrics: {kinds}")
    expect(metrics["http_reqs"]["count"] == metrics["iterations"]["count"] == total(run, "requests"), "http_reqs")
    expect(metrics["http_req_failed"]["passes"] == total(run, "failed"), "http_req_failed")
    expect(metrics["data_received"]["count"] == total(run, "bytes_received"), "data_received")
    trend = metrics["http_req_duration"]
    order = [trend[key] for key in ("min", "med", "p(90)", "p(95)", "p(99)", "max")]
    expect(order == sorted(order) and order[0] <= trend["avg"] <= order[-1], f"http_req_duration: {trend}")
    expect(round(trend["max"] * 1000) == max(phase["service_latency"]["max_us"] for phase in phases(run)), "max")
    seconds = document["state"]["testRunDurationMs"] / 1000
    expect(abs(metrics["http_reqs"]["rate"] * seconds - metrics["http_reqs"]["count"]) < 1, "rate")
    print("load.json says the same")


def timeline(folder, run):
    with open(os.path.join(folder, "timeline.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for key in ("requests", "failed"):
        expect(sum(int(row[key]) for row in rows) == total(run, key), f"timeline.csv: {key}")
    at = [float(row["elapsed_s"]) for row in rows]
    expect(at == [float(i) for i in range(len(rows))], f"timeline.csv: rows at {at}")
    order = [("ramp", "settle", "window", "after").index(row["phase"]) for row in rows]
    expect(order == sorted(order), f"timeline.csv: phases {order}")
    length = (run["timeline"]["load_stopped"]["monotonic_ns"] - run["timeline"]["load_started"]["monotonic_ns"]) / 1e9
    expect(length - 1 <= len(rows) <= length + 2, f"timeline.csv: {len(rows)} rows for {length} s")
    print("timeline.csv adds up to the same")


def decode_histogram(text):
    """HdrHistogram V2, compressed: the pairs (highest value that shares the count, count)."""
    outer = base64.b64decode(text, validate=True)
    cookie, length = struct.unpack(">ii", outer[:8])
    expect(cookie == 0x1C849314 and length == len(outer) - 8, "outer header of a histogram")
    inner = zlib.decompress(outer[8:])
    cookie, length, _, digits, lowest, highest, ratio = struct.unpack(">iiiiqqd", inner[:40])
    expect((cookie, digits, lowest, highest, ratio) == (0x1C849313, 3, 1, 3_600_000_000, 1.0), "inner header")
    expect(length == len(inner) - 40, "length of the counts")
    index, at, pairs = 0, 40, []
    while at < len(inner):
        value = shift = 0
        for i in range(9):
            byte = inner[at]
            at += 1
            value |= (byte if i == 8 else byte & 127) << shift
            shift += 7
            if byte < 128 and i < 8:
                break
        value = (value >> 1) ^ -(value & 1)
        if value > 0:
            bucket = max(index // 1024 - 1, 0)
            sub = index - bucket * 1024
            pairs.append((((sub + 1) << bucket) - 1, value))
        index += -value if value < 0 else 1
    return pairs


def percentile(pairs, percent):
    wanted, so_far = max(1, math.ceil(percent / 100 * sum(n for _, n in pairs) - 1e-9)), 0
    for value, n in pairs:
        so_far += n
        if so_far >= wanted:
            return value
    return 0


def hlog(folder, run):
    with open(os.path.join(folder, "latency.hlog"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    expect(lines[0] == "#[Histogram log format version 1.3]", "first line of latency.hlog")
    rows = {row[0].removeprefix("Tag="): row[1:] for row in (l.split(",") for l in lines) if row[0].startswith("Tag=")}
    told = {name + tag: run["load"].get(name, {}).get(key, {}) for name in PHASES
            for tag, key in (("", "service_latency"), ("-response", "response_latency"), ("-lag", "schedule_lag"))}
    filled = [name for name, latency in told.items() if latency.get("count")]
    expect(list(rows) == filled, f"latency.hlog has {list(rows)}, filled are {filled}")
    for name, (start, length, highest, text) in rows.items():
        said, pairs = told[name], decode_histogram(text)
        expect(sum(n for _, n in pairs) == said["count"], f"latency.hlog: count of {name}")
        for key, percent in (("p50_us", 50), ("p90_us", 90), ("p99_us", 99), ("p99.9_us", 99.9)):
            expect(percentile(pairs, percent) == said[key],
                   f"latency.hlog: {key} of {name} is {percentile(pairs, percent)}, run.json has {said[key]}")
        expect(float(highest) == said["max_us"], f"latency.hlog: highest of {name}")
        if name == "window":
            expect(abs(float(length) - said_seconds(run)) < 0.002, f"latency.hlog: length {length}")
    print("latency.hlog holds the same latencies")


def said_seconds(run):
    return run["load"]["window"]["seconds"]


def load(folder):
    run = read_run(folder)
    load_json(folder, run)
    timeline(folder, run)
    hlog(folder, run)


# ---- documents ------------------------------------------------------------------------------------------


def document(folder, form, path):
    """Standard output in JSON or YAML is run.json, and the folder's name."""
    with open(path, encoding="utf-8") as file:
        if form == "yaml":
            import yaml
            said = yaml.safe_load(file)
        else:
            said = json.load(file)
    expect(said.pop("directory") == folder, "directory")
    kept = read_run(folder)
    other = [key for key in {**said, **kept} if key not in said or key not in kept or said[key] != kept[key]]
    expect(not other, f"standard output in {form} is not run.json: {other}")
    print(f"standard output in {form} is run.json")


def say(folder, *paths):
    """Values of run.json by path, 'verdict.checks.0.level' or 'captures.*.error'."""
    for path in paths:
        values = [read_run(folder)]
        for key in path.split("."):
            if key == "*":
                values = [item for value in values for item in value]
            else:
                values = [value[int(key)] if isinstance(value, list) else value.get(key) for value in values]
        print(f"{path}: " + ", ".join(json.dumps(value, ensure_ascii=False) for value in values))


def rounded(document):
    """A figure that was written and read again, and then multiplied, may differ in its last digits."""
    return json.loads(json.dumps(document), parse_float=lambda text: float(f"{float(text):.10g}"))


def findings(folder, program, name, caller):
    """run.json and explain say the same; with enough samples that is finding `name`, caused by `caller`."""
    run = read_run(folder)
    told = json.loads(subprocess.run([program, "explain", folder, "-o", "json"], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, check=False).stdout)
    few = run["cpu"]["samples"] < 100
    expect(few == ("findings_refused" in run), "a profile is explained from 100 samples on")
    for part in ("findings", "goroutine_groups"):
        ours, theirs = rounded(told.get(part)), rounded(run.get(part))
        expect(ours == theirs, f"explain has other {part}: {ours}, run.json {theirs}")
    print("explain says the same as run.json")
    places = run["cpu"]["by_application"]
    expect(sum(place["cum_ns"] for place in places) == run["cpu"]["cpu_ns"], "places do not add up to the CPU")
    expect(all(place["own"] == place["function"].startswith("main.") for place in places), "not whose it is")
    expect(few or any(place["own"] for place in places), "the program has no place of its own")
    for finding in run["findings"]:
        expect(finding["share"] > finding["threshold"], f"{finding['name']} is below its threshold")
    expect(sum(finding["share"] for finding in run["findings"]) <= 1.000001, "a stack was counted twice")
    print("places add up to the CPU, findings to no more")
    found = [one for one in run["findings"] if one["name"] == name]
    expect(run["cpu"]["samples"] < 500 or found and found[0]["caller"] == caller,
           f"no finding {name} by {caller}: {json.dumps(run['findings'])}")
    print(f"{name}, caused by {caller}")


def holds(folder, sentence, expression):
    """A Python expression over run.json is true, as run['load']['window']['failed'] > 0."""
    run = read_run(folder)
    expect(eval(f"({expression})", {"run": run, "at": run["timeline"], "total": total}), f"{sentence}: not {expression}")
    print(sentence)


# ---- comparisons -----------------------------------------------------------------------------------------


def junit(path, conditions):
    """An XML parser reads it, its counts are those of its cases, and so many of them are --fail-on's."""
    import xml.etree.ElementTree
    root = xml.etree.ElementTree.parse(path).getroot()
    suite, = root
    cases = list(suite)
    expect((root.tag, suite.tag) == ("testsuites", "testsuite"), f"{root.tag}, {suite.tag}")
    expect({case.tag for case in cases} == {"testcase"} and all(case.get("name") for case in cases), "cases")
    counted = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")),
               "skipped": len(suite.findall("testcase/skipped")), "errors": 0}
    expect({key: int(suite.get(key)) for key in counted} == counted, f"{suite.attrib}, there are {counted}")
    expect(sum(case.get("classname").endswith(".fail-on") for case in cases) == int(conditions), "conditions")
    print(f"an XML parser reads {len(cases)} cases, {counted['failures']} failed, {counted['skipped']} skipped")


def compared(path):
    """A comparison as JSON: figures in their units, each change the quotient of the two within its interval."""
    with open(path, encoding="utf-8") as file:
        said = json.load(file)
    expect(said["schema"] == "kubectl-pprof.compare/v1" and said["trusted"] in (True, False), "schema")
    rows = said["figures"] + said["functions"]
    for row in rows:
        change = row.get("change")
        if change is not None:
            expect(math.isclose(change, row["new"] / row["base"] - 1, abs_tol=1e-9), f"change of {row}")
            expect(row.get("change_low", change) <= change <= row.get("change_high", change), f"interval of {row}")
        expect(row["words"] and not (row["finding"] and "could_hide" in row), f"words of {row}")
    print("figures: " + ", ".join(f"{row['name']} in {row['unit']}" for row in said["figures"]))
    print("functions: " + ", ".join(row["function"] for row in rows if "function" in row and row["finding"]))
    print("conditions: " + ", ".join(f"{limit['condition']} {limit['state']}" for limit in said["fail_on"]))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    questions = (printable, live, profiles, slices, table, counts, load, document, say, findings, holds, junit, compared)
    {question.__name__: question for question in questions}[sys.argv[1]](*sys.argv[2:])
