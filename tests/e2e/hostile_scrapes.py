"""Does to a metrics listener what it should live through: hostile_scrapes.py ADDRESS PYTHON READERS.PY

Garbage, other paths, heads without an end, clients that say nothing or half of it and stay; then it is scraped while
those are still there.
"""
import socket
import subprocess
import sys

host, port = sys.argv[1].rsplit(":", 1)


def connect():
    return socket.create_connection((host, int(port)), timeout=120)


def ask(what, text):
    with connect() as s:
        try:
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
            said = s.recv(100).split(b"\r\n")[0].decode() or "closed"
        except OSError:
            said = "closed"
    print(f"{what}: {said}")


ask("garbage", b"\0\xff" * 8000)
ask("another path", b"GET / HTTP/1.1\r\n\r\n")
ask("another method", b"POST /metrics HTTP/1.1\r\n\r\n")
ask("a head that is too long", b"GET /metrics HTTP/1.1\r\nA: " + b"b" * 20000)
silent = [connect() for _ in range(20)]
for client in silent[::2]:
    client.sendall(b"GET /metrics HT")
subprocess.run([sys.argv[2], sys.argv[3], "scrape", sys.argv[1]], check=True)
for client in silent:
    client.close()
