"""Runs a command and watches its load threads: waits.py COMMAND...

The kernel says how long each thread named lg-N was ready to run and did not (the second number of its schedstat).
The last line on standard output has the largest share of time that one of them so waited over any half second, and
the largest over its whole life: what the machine did to the load generator, found out without it.
"""
import glob
import subprocess
import sys
import time

SPAN = 0.5


def look(pid):
    waits = {}
    for folder in glob.glob(f"/proc/{pid}/task/*"):
        try:
            with open(folder + "/comm", encoding="ascii") as comm, open(folder + "/schedstat", encoding="ascii") as stat:
                name, figures = comm.read().strip(), stat.read().split()
        except OSError:
            continue
        if name.startswith("lg-") and name != "lg-clock":
            waits[folder] = int(figures[1]) / 1e9
    return time.monotonic(), waits


def worst(looks):
    share = 0.0
    for i, (end, now) in enumerate(looks):
        before = [(at, waits) for at, waits in looks[:i] if at <= end - SPAN]
        if before:
            at, waits = before[-1]
            share = max([share] + [(now[key] - waits[key]) / (end - at) for key in now if key in waits])
    return share


def mean(looks):
    share = 0.0
    for key in {key for _, waits in looks for key in waits}:
        seen = [(at, waits[key]) for at, waits in looks if key in waits]
        (begin, first), (end, last) = seen[0], seen[-1]
        share = max(share, (last - first) / (end - begin) if end > begin else 0)
    return share


process = subprocess.Popen(sys.argv[1:])
looks = []
while process.poll() is None:
    looks.append(look(process.pid))
    time.sleep(0.05)
print(f"{worst(looks):.3f} {mean(looks):.3f}")
sys.exit(process.returncode)
