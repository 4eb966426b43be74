"""Servers that are not what they should be: standin.py KIND ARGUMENT...

    api MODE [CERT KEY]     a Kubernetes API server, over TLS with a certificate
    pprof MODE              a pprof
    web MODE [LOG]          the target of a load; a line in LOG for each request
    proxy ADDRESS LOG       what stands in front of ADDRESS; LOG has a line for what is asked and for what is answered

Prints its address, then serves until SIGTERM.
"""
import http.client
import json
import select
import signal
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import profile_proto

# What a terminal acts on: a title, a cleared screen, C1, a line of its own, text that runs backwards.
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\r\nerror: owned \u202eemit\u2066"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, body, content_type="text/plain; charset=utf-8", reason=None):
        data = body.encode() if isinstance(body, str) else body
        self.send_response(code, reason)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True


# ---- api ----------------------------------------------------------------------------------------


class Api(Handler):
    mode = ""

    def status(self, code, message):
        document = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
        self.answer(code, json.dumps(document), "application/json")

    def pods(self, namespace, *pods):
        items = [{
            "metadata": {"name": name, "namespace": namespace, "uid": "uid-" + name},
            "spec": {"nodeName": node, "containers": [{"name": "app"}]},
            "status": {"phase": phase, "podIP": "127.0.0.1", "containerStatuses": [
                {"name": "app", "ready": False, "restartCount": 3,
                 "state": {"waiting": {"reason": reason}} if reason else {}}]},
        } for name, phase, reason, node in pods]
        self.answer(200, json.dumps({"kind": "PodList", "apiVersion": "v1", "items": items}), "application/json")

    def do_GET(self):
        getattr(self, "mode_" + self.mode.replace("-", "_"))(self.path.partition("?")[0])

    do_POST = do_GET

    def mode_unauthorized(self, path):
        self.status(401, "Unauthorized")

    def mode_forbidden(self, path):
        if path.startswith("/apis/apps/"):
            self.status(403, 'deployments.apps "api" is forbidden: User "jane" cannot get resource "deployments" in '
                             'API group "apps" in the namespace "shop"')
        else:
            self.status(403, 'pods is forbidden: User "system:serviceaccount:shop:ci" cannot list resource "pods" in '
                             'API group "" in the namespace "shop"')

    def mode_html(self, path):
        self.answer(200, "<html>a login page</html>", "text/html")

    def mode_overloaded(self, path):
        self.status(503, "the server is currently unable to handle the request")

    def mode_empty(self, path):
        if path in ("/api/v1/namespaces/shop", "/api/v1/namespaces/default"):
            self.answer(200, json.dumps({"kind": "Namespace"}), "application/json")
        elif path.endswith("/pods") and "/namespaces/" in path:
            self.pods("default")
        else:
            self.status(404, "not found")

    def mode_sick(self, path):
        if path == "/api/v1/namespaces/default":
            self.answer(200, json.dumps({"kind": "Namespace"}), "application/json")
            return
        if path.endswith("/pods") and path.startswith("/api/v1/"):
            self.pods("default", ("api-1", "Running", "CrashLoopBackOff", "node-1"),
                      ("api-2", "Pending", "ImagePullBackOff", "node-1"), ("api-3", "Running", "", "node-2"))
        else:
            self.status(404, "not found")

    def mode_hostile(self, path):
        if path.endswith("/pods") and path.startswith("/api/v1/"):
            self.pods("default", ("api-1", HOSTILE, "", HOSTILE), ("api-2", "Running", HOSTILE, "node" + HOSTILE))
        elif path.startswith("/apis/apps/"):
            self.status(403, 'x is forbidden: User "jane%s" cannot get resource "x%s" in API group "%s" in the '
                             'namespace "%s"' % ((HOSTILE,) * 4))
        elif path.startswith("/apis/batch/"):
            self.answer(500, HOSTILE, "text/html")
        elif path.startswith("/api/v1/namespaces/default/services"):
            self.status(418, HOSTILE)
        else:
            self.answer(200, "{", "application/" + "\x1b[2J\x9b\x7f")

    def mode_hosts(self, path):
        """A cluster with one pod that is ready, and hosts of every kind."""
        self.hosts(path, everything=True)

    def mode_hosts_limited(self, path):
        """The same, when one may look at little more than the namespace's pods."""
        self.hosts(path, everything=False)

    def hosts(self, path, everything):
        lists = {
            "/api/v1/namespaces/default/services": [
                {"spec": {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10", "fd00:96::10"],
                          "externalIPs": ["192.0.2.10"]},
                 "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.5"}, {"hostname": "lb.example"}]}}},
                {"spec": {"clusterIP": "None", "type": "ExternalName", "externalName": "outside.example"}}],
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses": [
                {"spec": {"rules": [{"http": {}}, {"host": "shop.example"}, {"host": "*.wild.example"}]}}],
            "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes": [
                {"spec": {"hostnames": ["route.example"]}}],
            "/api/v1/nodes": [
                {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"},
                                          {"type": "Hostname", "address": "node-1"}]}}],
            "/apis/networking.k8s.io/v1/ingresses": [{"spec": {"rules": [{"host": "other.example"}]}}],
            "/api/v1/services": [],
        }
        if path.endswith("/default/pods") and path.startswith("/api/v1/"):
            items = [{"metadata": {"name": "api-1", "namespace": "default", "uid": "u"},
                      "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
                      "status": {"phase": "Running", "podIP": "10.1.0.7", "hostIP": "10.0.0.9",
                                 "conditions": [{"type": "Ready", "status": "True"}],
                                 "containerStatuses": [{"name": "app", "ready": True}]}}]
        elif not everything:
            self.status(403, "no")
            return
        elif path.endswith("/services/api"):
            self.answer(200, '{"spec": {"type": "ClusterIP"}}', "application/json")
            return
        elif path.endswith("/services/outside"):
            self.answer(200, '{"spec": {"type": "ExternalName"}}', "application/json")
            return
        elif path in lists:
            items = lists[path]
        else:
            self.status(404, "not found")
            return
        self.answer(200, json.dumps({"items": items}), "application/json")

    def mode_silent(self, path):
        time.sleep(3600)


# ---- pprof --------------------------------------------------------------------------------------


class Pprof(Handler):
    """An index, and profiles of which MODE says what is wrong with them."""
    mode = ""

    def do_GET(self):
        path, _, query = self.path.partition("?")
        name = path.removeprefix("/debug/pprof/")
        if name == "":
            self.answer(200, "<html><title>/debug/pprof/</title></html>", "text/html; charset=utf-8")
        else:
            getattr(self, "mode_" + self.mode)(name, query)

    def seconds(self, query):
        time.sleep(float(query.partition("seconds=")[2] or 0))

    def mode_hostile(self, name, query):
        """Well-formed profiles in which every name is hostile."""
        if name == "profile":
            self.seconds(query)
        self.answer(200, profile_proto.encode("cpu" if name == "profile" else name, ["main." + HOSTILE, HOSTILE]))

    def mode_refusing(self, name, query):
        """Refuses each profile, in words that are hostile; a CPU profile only once it was probed for."""
        if name == "profile":
            Pprof.probed = not Pprof.probed
            self.seconds(query if Pprof.probed else "")
        self.answer(500, HOSTILE, "text/plain" + "\x1b[2J\x9b\x7f")

    def mode_garbage(self, name, query):
        """What is no profile."""
        if name == "profile":
            self.seconds(query)
        self.answer(200, HOSTILE)

    probed = False


# ---- web ----------------------------------------------------------------------------------------


class Web(Handler):
    mode, log = "", ""

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.log and self.mode != "record":
            with lock, open(self.log, "a", encoding="utf-8") as log:
                log.write("asked\n")
        getattr(self, "mode_" + self.mode)(body)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET

    def mode_plain(self, body):
        self.answer(200, "hello\n")

    def mode_silent(self, body):
        time.sleep(3600)

    def mode_record(self, body):
        """One line in the log for each request that differs from those before."""
        lines = [self.requestline] + sorted(str(k) + ": " + v for k, v in self.headers.items()) + [body.decode()]
        with lock:
            text = " | ".join(lines)
            if text not in seen:
                seen.add(text)
                with open(self.log, "a", encoding="utf-8") as log:
                    log.write(text + "\n")
        self.answer(200, "ok\n")

    def mode_hostile(self, body):
        self.answer(503, HOSTILE, reason="\x1b[2J\x9b\x7f")

    def mode_cut(self, body):
        """Ends in the middle of what it promised; the first answer, a probe's, is whole."""
        with lock:
            first = not seen
            seen.add("cut")
        if first:
            self.answer(200, "ok\n")
            return
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.close_connection = True

    def mode_banner(self, body):
        self.wfile.write(b"SSH-2.0-\x1b[2Jowned\r\n")
        self.close_connection = True

    def mode_slow(self, body):
        """Fast once, for a probe, then slower than anyone waits."""
        with lock:
            first = not seen
            seen.add("slow")
        if not first:
            time.sleep(3600)
        self.answer(200, "ok\n")


lock, seen = threading.Lock(), set()


# ---- proxy --------------------------------------------------------------------------------------


class Proxy(Handler):
    target, log = "", ""

    def note(self, word):
        with lock, open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{word} {self.path}\n")

    def do_GET(self):
        self.note("ask")
        upstream = http.client.HTTPConnection(self.target)
        try:
            upstream.request("GET", self.path)
            if not self.gone_before(upstream.sock):
                self.pass_on(upstream.getresponse())
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            upstream.close()

    def gone_before(self, upstream):
        """Whoever asked has gone before there was an answer: then nobody asks any more."""
        ready, _, _ = select.select([upstream, self.connection], [], [])
        self.close_connection |= upstream not in ready
        return upstream not in ready

    def pass_on(self, answer):
        self.answer(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
        self.note(answer.status)


# ---------------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    tls = None

    def handle_error(self, request, client_address):
        pass

    def get_request(self):
        connection, address = super().get_request()
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address


def main(kind, *arguments):
    handler = {"api": Api, "pprof": Pprof, "web": Web, "proxy": Proxy}[kind]
    server = Server(("127.0.0.1", 0), handler)
    if kind == "proxy":
        handler.target, handler.log = arguments
    else:
        handler.mode = arguments[0]
    if kind == "web" and arguments[1:]:
        handler.log = arguments[1]
    if kind == "api" and arguments[1:]:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(*arguments[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("127.0.0.1:%d" % server.server_port, flush=True)
    server.serve_forever()


main(*sys.argv[1:])
