"""What the cases ask of files: check.py QUESTION ARGUMENT...; exit status 1, with a line, if it is not so.

get FILE A.B.0.C          prints one value of a JSON document; lists and objects as JSON
table RUN.JSON TOP        the functions of a run are those of go tool pprof -top -unit=ns, in its order
share RUN.JSON PODS       the share that a run took is the one by the counts of these pods, a line each: NAME IP
replicas RUN.JSON PODS    all of these pods, a line each: NAME IP, had a fair part of the load, and CPU to match
hot RUN.JSON NAME         this pod is the hot replica, for more of the same work
counts RUN.JSON ADDRESS BEFORE    the service at ADDRESS, which had answered BEFORE requests, counts as the run does
"""

import datetime
import json
import re
import sys
import urllib.request


def load(file):
    with open(file, encoding="utf-8") as handle:
        return json.load(handle)


def get(file, path):
    value = load(file)
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    print(value if isinstance(value, str) else json.dumps(value))


def rows_of(top):
    row = re.compile(r"^ *(-?\d+)(?:ns)? +\S+% +\S+% +(-?\d+)(?:ns)? +\S+%  (.*?)(?: \((?:partial-)?inline\))?$")
    with open(top, encoding="utf-8") as handle:
        for line in handle:
            if found := row.match(line.rstrip("\n")):
                yield found[3], int(found[1]), int(found[2])


def table(run, top):
    wanted = list(rows_of(top))
    if len(wanted) < 10:
        sys.exit(f"{top} has {len(wanted)} rows only")
    ours = [(row["function"], row["flat_ns"], row["cum_ns"]) for row in load(run)["cpu"]["functions"]]
    for number, (mine, theirs) in enumerate(zip(ours, wanted)):
        if mine != theirs:
            sys.exit(f"row {number}: {mine}, go tool pprof has {theirs}")


def ask(address, path):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address}{path}", timeout=20) as answer:
        return json.load(answer)


def unix_ms(instant):
    return round(datetime.datetime.fromisoformat(instant["time"].replace("Z", "+00:00")).timestamp() * 1000)


def window_of(run, address):
    begin, end = (unix_ms(run["timeline"][name]) for name in ("window_begin", "window_end"))
    return ask(address, f"/window?begin={begin * 10**6}&end={end * 10**6}")["requests"]


def share(file, pods):
    run, answered = load(file), {}
    with open(pods, encoding="utf-8") as handle:
        for name, ip in map(str.split, handle):
            answered[name] = window_of(run, f"{ip}:8080")
    true = answered[run["target"]["pod"]] / sum(answered.values())
    if abs(true - run["target"]["share"]) > 0.12:
        sys.exit(f"share {run['target']['share']:.3f}, by the counts it is {true:.3f}: {answered}")


def replicas(file, pods):
    run = load(file)
    with open(pods, encoding="utf-8") as handle:
        answered = {name: window_of(run, f"{ip}:8080") for name, ip in map(str.split, handle)}
    slack = 2 * run["plan"]["load"]["vus"] + run["load"]["window"]["requests"] / 20  # a tunnel's way takes its time
    if abs(sum(answered.values()) - run["load"]["window"]["requests"]) > slack:
        sys.exit(f"{run['load']['window']['requests']} requests, the pods count {answered}")
    cores = sum(pod["cores"] for pod in run["pods"])
    if abs(cores - run["cpu"]["cores"]) > 0.02 * cores:
        sys.exit(f"{run['cpu']['cores']} cores together, one by one {cores}")
    for pod in run["pods"]:
        part = answered[pod["name"]] / sum(answered.values())
        if part < 0.15 or abs(part - pod["cpu_share"]) > 0.12:
            sys.exit(f"{pod['name']} has {pod['cpu_share']:.3f} of the CPU and {part:.3f} of the requests: {answered}")


def hot(file, name):
    run = load(file)
    found = [one for one in run["findings"] if one["name"] == "hot-replica"]
    if len(found) != 1 or name not in found[0]["title"] or "function" in found[0] or found[0]["share"] < found[0]["threshold"]:
        sys.exit(f"findings of a hot replica: {found}")


def check_window(run, address):
    """Both clocks are the machine's. Service and engine see a request end at slightly different times: at each edge
    one request of each virtual user may fall on either side, and a millisecond's worth, which is how exact it is."""
    window, theirs = run["load"]["window"], window_of(run, address)
    slack = 2 * (run["plan"]["load"]["vus"] + 3 * window["rate"] / 1000)
    if window["requests"] < 100 or abs(theirs - window["requests"]) > slack:
        sys.exit(f"{window['requests']} requests inside the window, the service counts {theirs} (slack {slack:.0f})")


def check_total(run, address, before):
    """Every request was sent once: those of the run, the probe before it, and those cut off at the end, which the
    service may have answered."""
    load_ = run["load"]
    ours = sum(load_[phase]["requests"] for phase in ("before", "window", "after") if phase in load_) + 1
    theirs = ask(address, "/count")["total"] - before
    if not ours <= theirs <= ours + load_["censored"]:
        sys.exit(f"{ours} requests (and {load_['censored']} cut off), the service counts {theirs}")


def counts(file, address, before):
    run = load(file)
    check_window(run, address)
    check_total(run, address, int(before))


def main():
    question, *arguments = sys.argv[1:]
    {"get": get, "table": table, "share": share, "replicas": replicas, "hot": hot, "counts": counts}[question](*arguments)


main()
