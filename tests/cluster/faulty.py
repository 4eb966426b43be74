"""A proxy with faults that are switched on while it runs: faulty.py CONTROL TO [CERTIFICATE KEY]

TO is HOST:PORT; with a certificate it speaks TLS on both sides. Prints its port, then serves until SIGTERM. The file
CONTROL holds the fault, read again whenever it changes: a word, its argument, and a pattern that the method and path of
a request must match ("GET /api/.*/pods", anywhere in it).

    pass                     none
    cut PATTERN              what is open is cut, once; what comes later is let through
    down                     what is open is cut, and what comes is refused
    stall PATTERN            of what is open no byte moves any more; what comes later is let through
    hang                     no byte moves, of what is open as of what comes
    slow BYTES PATTERN       so many bytes a second, each way
    status CODE[,AFTER[,TIMES]] PATTERN    that status, with a Retry-After, so many times
    reject TOKEN PATTERN     401 to those who bring this bearer token
    again PATTERN            the first answer to that path, for ever
    truncate PATTERN         half of the answer's body, well-formed HTTP
    endless PATTERN          a body without end
    drip PATTERN             a byte a second
"""
import json
import os
import re
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time

CHUNK = 16384


class Fault:
    """What the control file says; `number` tells one saying from the next."""

    def __init__(self, path):
        self.path, self.seen, self.number, self.lock = path, None, 0, threading.Lock()
        self.name, self.argument, self.pattern, self.left = "pass", "", re.compile(""), None
        self.answers = {}

    def read(self):
        with self.lock:
            try:
                stat = os.stat(self.path)
            except FileNotFoundError:
                return self
            if (stat.st_mtime_ns, stat.st_ino) != self.seen:
                self.seen = stat.st_mtime_ns, stat.st_ino
                self.parse()
            return self

    def parse(self):
        with open(self.path, encoding="utf-8") as file:
            name, _, rest = file.read().strip().partition(" ")
        argument = ""
        if name in ("slow", "status", "reject"):
            argument, _, rest = rest.partition(" ")
        times = argument.split(",")[2:]
        self.name, self.argument, self.pattern = name or "pass", argument, re.compile(rest)
        self.left = int(times[0]) if times else None
        self.number += 1

    def take(self, request):
        """Is it this request that is meant? Counts those that are."""
        with self.lock:
            if not self.pattern.search(request) or self.left == 0:
                return False
            if self.left is not None and self.name == "status":
                self.left -= 1
            return True


def cut(sock):
    """Ended without a goodbye."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(sock)
    except OSError:
        pass


def end(sock):
    """With a goodbye, and what is on its way still arrives."""
    try:
        sock.settimeout(1)
        (sock.unwrap() if isinstance(sock, ssl.SSLSocket) else sock).shutdown(socket.SHUT_WR)
    except (OSError, ValueError):
        pass
    sock.close()


def read_head(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        got = sock.recv(CHUNK)
        if not got:
            return None
        data += got
    return data


def whole_answer(sock):
    data = b""
    while got := sock.recv(CHUNK):
        data += got
    return data


def header(head, name):
    found = re.search(rb"^" + name + rb": *([^\r\n]*)", head, re.M | re.I)
    return found[1].decode() if found else ""


def status_answer(code, after, times=None):
    body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": int(code),
                       "message": f"the test says {code}"}).encode()
    later = f"Retry-After: {after}\r\n" if after else ""
    return (f"HTTP/1.1 {code} Test\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{later}"
            "Connection: close\r\n\r\n").encode() + body


def half(answer):
    """Half of what the body holds, chunks or not."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        plain, rest = b"", body
        while True:
            size, _, rest = rest.partition(b"\r\n")
            if not int(size or b"0", 16):
                break
            plain, rest = plain + rest[:int(size, 16)], rest[int(size, 16) + 2:]
        body = plain
    lines = [line for line in head.split(b"\r\n") if not re.match(rb"(?i)(transfer-encoding|content-length):", line)]
    body = body[:len(body) // 2]
    return b"\r\n".join(lines + [b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


class Connection:
    def __init__(self, client, proxy):
        self.client, self.proxy, self.fault = client, proxy, proxy.fault
        self.server, self.request, self.since, self.broken = None, "", 0, False

    def run(self):
        try:
            if self.fault.read().name == "down":
                self.broken = True
                return
            while self.fault.read().name == "hang":
                time.sleep(0.05)
            if self.proxy.tls:
                self.client = self.proxy.tls.wrap_socket(self.client, server_side=True)
            head = read_head(self.client)
            if head:
                self.serve(head)
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            for sock in (self.client, self.server):
                if sock:
                    (cut if self.broken else end)(sock)

    def serve(self, head):
        self.request = b" ".join(head.split(b" ")[:2]).decode()
        fault = self.fault.read()
        self.since = fault.number
        if not re.search(rb"(?im)^upgrade:", head):
            head = re.sub(rb"\r\n(?i:connection):[^\r\n]*", b"", head, count=1)
            head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        mine = fault.take(self.request)
        if mine and fault.name == "status":
            code, after, *_ = fault.argument.split(",") + [""]
            self.refuse(status_answer(code, after))
        elif mine and fault.name == "reject" and fault.argument in header(head, b"Authorization"):
            self.refuse(status_answer(401, ""))
        elif mine and fault.name in ("again", "truncate", "endless", "drip"):
            self.mangle(fault, head)
        else:
            self.connect()
            self.server.sendall(head)
            self.relay()

    def refuse(self, answer):
        self.client.sendall(answer)

    def connect(self):
        self.server = socket.create_connection(self.proxy.to, timeout=30)
        if self.proxy.tls:
            self.server = self.proxy.onwards.wrap_socket(self.server)

    def mangle(self, fault, head):
        if fault.name == "endless":
            self.client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n")
            while True:
                self.client.sendall(bytes(1 << 20))
        path = self.request.partition("?")[0]
        answer = fault.answers.get(path) if fault.name == "again" else None
        if answer is None:
            self.connect()
            self.server.sendall(head)
            answer = whole_answer(self.server)
            fault.answers.setdefault(path, answer)
        if fault.name == "truncate":
            answer = half(answer)
        if fault.name == "drip":
            for i in range(len(answer)):
                self.client.sendall(answer[i:i + 1])
                time.sleep(1)
        self.client.sendall(answer)

    def is_held(self, fault):
        """Of what was open when it was said."""
        return fault.name == "hang" or (
            fault.name == "stall" and self.since < fault.number and fault.pattern.search(self.request))

    def is_cut(self, fault):
        return fault.name in ("cut", "down") and self.since < fault.number and fault.pattern.search(self.request)

    def relay(self):
        ends = {self.client: self.server, self.server: self.client}
        for sock in ends:
            sock.setblocking(False)
        waiting = {sock: b"" for sock in ends}
        open_ends = set(ends)
        while open_ends or any(waiting.values()):
            fault = self.fault.read()
            if self.is_cut(fault):
                self.broken = True
                return
            if self.is_held(fault):
                time.sleep(0.05)
                continue
            share = CHUNK
            if fault.name == "slow" and fault.pattern.search(self.request):
                share = max(1, int(fault.argument) // 20)
                time.sleep(0.05)
            for sock in list(open_ends):
                if not waiting[ends[sock]] and not self.read(sock, waiting[ends[sock]], waiting, ends, share):
                    open_ends.discard(sock)
                    if sock is self.server:  # it has said all
                        open_ends.clear()
            for sock, data in waiting.items():
                if data:
                    self.write(sock, waiting)
            self.wait(open_ends, waiting, ends)

    def read(self, sock, _, waiting, ends, share):
        try:
            data = sock.recv(share)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        waiting[ends[sock]] = data
        return bool(data)

    def write(self, sock, waiting):
        try:
            sent = sock.send(waiting[sock])
            waiting[sock] = waiting[sock][sent:]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass

    def wait(self, open_ends, waiting, ends):
        if any(isinstance(sock, ssl.SSLSocket) and sock.pending() for sock in open_ends if not waiting[ends[sock]]):
            return
        reading = [sock for sock in open_ends if not waiting[ends[sock]]]
        writing = [sock for sock, data in waiting.items() if data]
        if reading or writing:
            select.select(reading, writing, [], 0.05)


class Proxy:
    def __init__(self, control, to, certificate=None, key=None):
        host, _, port = to.rpartition(":")
        self.to, self.fault, self.tls = (host.strip("[]"), int(port)), Fault(control), None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate, key)
            self.onwards = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.onwards.check_hostname, self.onwards.verify_mode = False, ssl.CERT_NONE

    def serve(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            client.settimeout(30)
            threading.Thread(target=Connection(client, self).run, daemon=True).start()


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
Proxy(*sys.argv[1:]).serve()
