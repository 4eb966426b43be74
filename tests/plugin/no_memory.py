#!/usr/bin/env python3
"""Every allocation of a command fails in turn: no_memory.py PROGRAM LIBRARY SOURCE

PROGRAM is kubectl-pprof, LIBRARY tests/lib/failing_program.c as a library, SOURCE the top folder. A command ends well, with
what it prints when all is well, or with status 1 and one line of error, and then it has left no file. Each of the first 30
allocations fails, and strides follow that grow, alone and with all behind it.
"""
import os
import shutil
import subprocess
import sys
import tempfile

EACH, STRIDE = 30, 8


def walk(count):
    at = 1
    while at <= count:
        yield at
        at += 1 if at < EACH else 1 + at // STRIDE


def files(folder):
    return sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)


class Command:
    def __init__(self, program, library, folder, words):
        self.program, self.library, self.folder, self.words = program, library, folder, words
        self.cwd = os.path.join(folder, "cwd")

    def run(self, **settings):
        shutil.rmtree(self.cwd, ignore_errors=True)
        os.mkdir(self.cwd)
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "TMPDIR": self.folder, "LANG": "C.UTF-8",
                       "TZ": "UTC", "LD_PRELOAD": self.library, **settings}
        return subprocess.run([self.program, *self.words], cwd=self.cwd, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)

    def fault(self, done, good, made):
        said, lines = done.stderr.decode("utf-8", "replace"), done.stderr.count(b"\n")
        if done.returncode == 0:
            if done.stdout != good.stdout:
                return "another output"
            return None if files(self.cwd) == made else f"files {files(self.cwd)}"
        if done.returncode != 1:
            return f"status {done.returncode}: {said}"
        if lines != 1 or not said.startswith("error: "):
            return f"words: {said!r}"
        return f"left {files(self.cwd)}" if files(self.cwd) else None

    def check(self):
        """The number of runs, and what was wrong with some."""
        count_file = os.path.join(self.folder, "count")
        good = self.run(FAIL_COUNT=count_file)
        if good.returncode:
            return 1, [f"without a failure: {good.stderr.decode()}"]
        made = files(self.cwd)
        with open(count_file) as file:
            count = int(file.read())
        wrong, runs = [], 1
        for together in {}, {"FAIL_ALL": "1"}:
            for nth in walk(count):
                done = self.run(FAIL_NTH=str(nth), **together)
                fault = self.fault(done, good, made)
                runs += 1
                if fault:
                    wrong.append(f"{'all from ' if together else ''}{nth} of {count}: {fault}")
        return runs, wrong


def main():
    program, library, source = (os.path.abspath(path) for path in sys.argv[1:4])
    profiles = os.path.join(source, "tests/capture/profiles")
    cpu, other, dump = (os.path.join(profiles, name) for name in ("cpu.pb.gz", "cpu-2.pb.gz", "goroutine-1.txt"))
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        subprocess.run([sys.executable, os.path.join(source, "tests/e2e/make_run.py"), run], check=True)
        commands = (
            ["show", cpu], ["show", cpu, "-o", "json"], ["diff", cpu, other], ["merge", "out.pb.gz", cpu, other],
            ["explain", dump], ["report", run, "-o", "report.html"], ["compare", run, run],
            ["loadtest", "--dry-run", "--url", "http://127.0.0.1:1/{{seq}}", "--pprof-url", "http://127.0.0.1:2",
             "-H", "A: b", "--threshold", "http_req_duration: p(95)<500"],
        )
        for words in commands:
            runs, wrong = Command(program, library, folder, words).check()
            name = " ".join(word.rsplit("/", 1)[-1] for word in words)
            print(f"{name[:60]}: {runs} runs, {len(wrong)} wrong")
            for line in wrong[:10]:
                print("  " + line)
            status |= bool(wrong)
    return status


sys.exit(main())
