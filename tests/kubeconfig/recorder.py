"""Stands in for API servers and proxies, and records what arrives there.

One Recorder listens on every port that the cases use; whatever a tool sends becomes a dictionary in `records`:

    via      "direct", or the proxy that it came through: "http", "https", "socks5"
    asked    what the proxy was asked for, HOST:PORT; `proxy_user` what it was told of us
    tls      does the request come over TLS? `sni` the name in its hello, `client` the CN of the client's certificate
    path     with all that is in front of the API's own path
    headers  those that say who asks, and whether an answer may be compressed
"""
import base64
import json
import select
import socket
import socketserver
import ssl
import threading
from http.server import BaseHTTPRequestHandler

KEPT = ("authorization", "accept-encoding", "host")


class Recorder:
    def __init__(self, pki):
        self.pki, self.records, self.lock = pki, [], threading.Lock()
        self.proxied = {}  # our port towards the API server: what the proxy knows
        self.refused_tokens = set()
        self.servers = []

    def tls(self, name, ask_client):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.pki}/{name}.pem", f"{self.pki}/{name}.key")
        if ask_client:
            context.load_verify_locations(f"{self.pki}/ca.pem")
            context.verify_mode = ssl.CERT_OPTIONAL
        context.sni_callback = lambda connection, sni, _: setattr(connection, "sni", sni)
        return context

    def listen(self, port, handler, context=None):
        kind = type(handler.__name__, (handler,), {"recorder": self, "context": context})
        server = Server(("0.0.0.0", port), kind)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.servers.append(server)

    def start(self):
        self.listen(6443, Api, self.tls("server", True))
        self.listen(8001, Api)
        self.listen(3128, HttpProxy)
        self.listen(3129, HttpProxy, self.tls("server", False))
        self.listen(1080, SocksProxy)

    def take(self):
        with self.lock:
            taken, self.records = self.records, []
        return taken


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass


class Wrapped:
    """The connection over TLS, if the port has it."""

    def setup(self):
        if self.context:
            self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()


class Api(Wrapped, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def client(self):
        if not self.context or not self.request.getpeercert():
            return None
        return next(value for part in self.request.getpeercert()["subject"] for key, value in part if key == "commonName")

    def do_GET(self):
        kept = {}
        for key, value in self.headers.items():
            if key.lower() in KEPT or key.lower().startswith("impersonate-"):
                kept.setdefault(key.lower(), []).append(value)
        # kubectl tells the server of --request-timeout, too.
        record = {"path": self.path.partition("?timeout=")[0], "tls": bool(self.context), "sni": getattr(self.request, "sni", None),
                  "client": self.client(), "headers": kept, "via": "direct"}
        record.update(self.recorder.proxied.get(self.client_address[1], {}))
        with self.recorder.lock:
            self.recorder.records.append(record)
        refused = kept.get("authorization", [""])[0].removeprefix("Bearer ") in self.recorder.refused_tokens
        code = 401 if refused else 404
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                           "reason": "Unauthorized" if refused else "NotFound", "message": "no"}).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def splice(a, b):
    """Until one side ends. What TLS has read ahead is seen by pending()."""
    while True:
        waiting = [s for s in (a, b) if isinstance(s, ssl.SSLSocket) and s.pending()]
        ready = waiting or select.select([a, b], [], [])[0]
        for one in ready:
            data = one.recv(65536)
            if not data:
                return
            (b if one is a else a).sendall(data)


class Proxy(Wrapped, socketserver.BaseRequestHandler):
    def forward(self, kind, host, port, user):
        """Whatever name is asked for is this machine; there is no other one here."""
        upstream = socket.create_connection(("127.0.0.1", port))
        with self.recorder.lock:
            self.recorder.proxied[upstream.getsockname()[1]] = {
                "via": kind, "asked": f"{host}:{port}", "proxy_user": user}
        return upstream

    def read_until(self, end):
        data = b""
        while not data.endswith(end):
            more = self.request.recv(1)
            if not more:
                raise ConnectionError
            data += more
        return data.decode("latin-1")


class HttpProxy(Proxy):
    def handle(self):
        head = self.read_until(b"\r\n\r\n").split("\r\n")
        method, target, _ = head[0].split(" ")
        user = next((base64.b64decode(line.split(" ")[-1]).decode() for line in head
                     if line.lower().startswith("proxy-authorization:")), None)
        kind = "https" if self.context else "http"
        if method == "CONNECT":
            host, port = target.rsplit(":", 1)
            upstream = self.forward(kind, host, int(port), user)
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:  # http://HOST:PORT/PATH
            host, port = target.split("/")[2].rsplit(":", 1)
            upstream = self.forward(kind, host, int(port), user)
            head[0] = head[0].replace(target, "/" + target.split("/", 3)[3])
            upstream.sendall("\r\n".join(head).encode("latin-1"))
        with upstream:
            splice(self.request, upstream)


class SocksProxy(Proxy):
    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.request.recv(count - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def handle(self):
        methods = self.exactly(self.exactly(2)[1])
        user = None
        if 2 in methods:
            self.request.sendall(b"\x05\x02")
            self.exactly(1)
            user = self.exactly(self.exactly(1)[0]).decode() + ":" + self.exactly(self.exactly(1)[0]).decode()
            self.request.sendall(b"\x01\x00")
        else:
            self.request.sendall(b"\x05\x00")
        kind = self.exactly(4)[3]
        if kind == 1:
            host = socket.inet_ntop(socket.AF_INET, self.exactly(4))
        elif kind == 4:
            host = socket.inet_ntop(socket.AF_INET6, self.exactly(16))
        else:
            host = self.exactly(self.exactly(1)[0]).decode()
        with self.forward("socks5", host, int.from_bytes(self.exactly(2), "big"), user) as upstream:
            self.request.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            splice(self.request, upstream)
