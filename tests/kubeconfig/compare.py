"""compare.py PROGRAM KUBECTL WORK [PATTERN...]: see run. Needs a network and a mount namespace of its own."""
import fnmatch
import json
import os
import shutil
import subprocess
import sys

from cases import CASES
from recorder import Recorder

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def command(*words, **more):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)


def make_pki(folder):
    def openssl(*words):
        command("openssl", *words, cwd=folder)

    os.mkdir(folder)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *key, "-keyout", name + ".key", "-out", name + ".pem", "-days", "2", "-subj", "/CN=" + name)
    for name, extension in (("server", "subjectAltName=DNS:api.internal,DNS:localhost,DNS:inner.name,IP:127.0.0.1,IP:10.9.0.1"),
                            ("jane", "extendedKeyUsage=clientAuth"), ("exec", "extendedKeyUsage=clientAuth")):
        with open(f"{folder}/ext", "w", encoding="utf-8") as file:
            file.write(extension)
        openssl("req", "-new", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "ext", "-out", name + ".pem")


def isolate(work):
    """Loopback with one address more, names of our own, and a place for a pod's service account."""
    command("ip", "link", "set", "lo", "up")
    command("ip", "address", "add", "10.9.0.1/32", "dev", "lo")
    with open(f"{work}/hosts", "w", encoding="utf-8") as file:
        file.write("127.0.0.1 localhost\n10.9.0.1 api.internal other.internal\n")
    command("mount", "--bind", f"{work}/hosts", "/etc/hosts")
    command("mount", "-t", "tmpfs", "none", os.path.realpath("/var/run"))
    os.makedirs(ACCOUNT)


class Bed:
    """Runs the two tools on one case after the other."""

    def __init__(self, program, kubectl, work):
        self.tools = {"kubectl": kubectl, "ours": program}
        self.work, self.recorder = work, Recorder(f"{work}/pki")
        self.recorder.start()

    def fill(self, text):
        def data(name):
            return subprocess.run(["base64", "-w0", f"{self.work}/pki/{name}"], capture_output=True, check=True,
                                  text=True).stdout

        text = text.replace("@PKI@", f"{self.work}/pki").replace("@HOME@", self.home)
        for name in ("ca.pem", "stranger.pem", "jane.pem", "jane.key"):
            text = text.replace(f"@DATA:{name}@", data(name))
        if "@FILE:ca.pem@" in text:
            with open(f"{self.work}/pki/ca.pem", encoding="utf-8") as file:
                text = file.read()
        return text

    def lay_out(self, case):
        self.home = f"{self.work}/home"
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(f"{self.work}/pki", f"{self.home}/deep/pki")
        for name in os.listdir(ACCOUNT):
            os.remove(f"{ACCOUNT}/{name}")
        for name, text in {**case.get("files", {}), **case.get("account", {})}.items():
            path = f"{ACCOUNT}/{name}" if name in case.get("account", {}) else f"{self.home}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.fill(text))
            if text.startswith("#!"):
                os.chmod(path, 0o755)
        self.recorder.refused_tokens = set(case.get("refused", ()))

    def call(self, tool, words):
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "LANG": "C.UTF-8",
                       **{k: self.fill(v) for k, v in self.case.get("env", {}).items()}}
        return subprocess.run([self.tools[tool], *words], env=environment, cwd=self.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def namespace(self, flags):
        """As `kubectl config view` has it, unless a flag or the case says it."""
        if "namespace" in self.case:
            return self.case["namespace"]
        for flag, value in zip(flags, flags[1:]):
            if flag in ("-n", "--namespace"):
                return value
        view = self.call("kubectl", ["config", "view", "--raw", "--minify", "-o", "json",
                                     *(f for f in flags if f.startswith(("--context", "--kubeconfig")))])
        contexts = json.loads(view.stdout)["contexts"] if view.returncode == 0 else None
        return (contexts[0]["context"].get("namespace") if contexts else None) or "default"

    def seen(self, tool, flags, path):
        """What arrived: the first request that is alike each time it comes, and what the plugin was told."""
        said = f"{self.home}/said"
        for old in (said, f"{self.home}/count"):
            if os.path.exists(old):
                os.remove(old)
        self.recorder.take()
        words = ["get", "--raw", path, *flags] if tool == "kubectl" else ["top", "pod/x", *flags]
        done = self.call(tool, words)
        # What follows a "not found" is each tool's own.
        records = [r for r in self.recorder.take() if r["path"].endswith(path)]
        ret = {"sent": records[:1], "tries": len(records), "failed": done.returncode != 0, "words": done.stderr.strip()}
        if os.path.exists(said):
            with open(said, encoding="utf-8") as file:
                ret["exec"] = [json.loads(line) if line.startswith("{") else line for line in file]
        return ret

    def run(self, case):
        """Lines that say what is wrong, and a short word for what arrived."""
        self.case = case
        self.lay_out(case)
        flags = [self.fill(flag) for flag in case.get("flags", ())]
        path = f"/api/v1/namespaces/{self.namespace(flags)}/pods/x"
        theirs, ours = (self.seen(tool, flags, path) for tool in ("kubectl", "ours"))
        wrong = []
        if case.get("differs") and theirs["sent"] == ours["sent"]:
            wrong.append("it does not differ")
        for key in () if case.get("differs") else ("sent", "exec"):
            a, b = theirs.get(key), ours.get(key)
            if key == "exec" and a and b:
                a, b = a[:1], b[:1]
            if a != b:
                wrong.append(f"{key}: kubectl {json.dumps(a, sort_keys=True)}\n{' ' * len(key)}  ours    "
                             f"{json.dumps(b, sort_keys=True)}\n  kubectl said: {theirs['words'][-300:]}\n"
                             f"  ours said:    {ours['words'][-300:]}")
        if not case.get("differs") and case.get("reaches", True) not in (None, bool(theirs["sent"])):
            wrong.append(f"kubectl itself does otherwise: {theirs}")
        for text in case.get("says", ()):
            if text not in ours["words"]:
                wrong.append(f"ours does not say '{text}': {ours['words']}")
        if "tries" in case and ours["tries"] != case["tries"]:
            wrong.append(f"ours tried {ours['tries']} times")
        return wrong, self.short(ours)

    @staticmethod
    def short(seen):
        if not seen["sent"]:
            return "refused: " + seen["words"].removeprefix("error: ").split("\n")[0]
        record = seen["sent"][0]
        words = [record["via"] + (f" {record['proxy_user']}@" if record.get("proxy_user") else "")
                 + (f" for {record['asked']}" if "asked" in record else "")]
        words += [f"sni {record['sni']}"] if record["sni"] else []
        words += [f"certificate {record['client']}"] if record["client"] else []
        words += [value for key, values in sorted(record["headers"].items()) if key not in ("host", "accept-encoding")
                  for value in values]
        return ", ".join(words + ([] if "accept-encoding" in record["headers"] else ["no compression"]))


def main(program, kubectl, work, *patterns):
    make_pki(f"{work}/pki")
    isolate(work)
    bed, failed, count = Bed(program, kubectl, work), 0, 0
    for case in CASES:
        if patterns and not any(fnmatch.fnmatch(case["name"], pattern) for pattern in patterns):
            continue
        wrong, short = bed.run(case)
        print(f"{'FAILED' if wrong else 'differs' if 'differs' in case else 'same':7} {case['name']:34} {(case['differs'] + ': ' if 'differs' in case else '') + short[:150]}".replace(work, ""), flush=True)
        for line in wrong:
            print("  " + line)
        failed += bool(wrong)
        count += 1
    print(f"{count - failed} as they should be, {failed} not")
    sys.exit(failed > 0 or count == 0)


main(*sys.argv[1:])
