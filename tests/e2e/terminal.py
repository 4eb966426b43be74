"""Runs a command with standard error on a terminal: terminal.py COLUMNS FILE COMMAND..., what came there goes to FILE.

With `--type PROMPT TEXT` before COMMAND standard input is on it too, and TEXT is typed once PROMPT has come.
"""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading


def copy(master, path, prompt, text):
    seen = b""
    with open(path, "wb") as file:
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: nobody has it open any more
                return
            if not data:
                return
            file.write(data)
            seen += data
            if prompt and prompt in seen:
                os.write(master, text)
                prompt = None


def main(columns, path, *command):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    os.environ.setdefault("TERM", "xterm")
    prompt = text = stdin = None
    if command[0] == "--type":
        prompt, text, stdin = command[1].encode(), command[2].encode(), slave
        command = command[3:]
    reader = threading.Thread(target=copy, args=(master, path, prompt, text))
    with subprocess.Popen(command, stderr=slave, stdin=stdin) as process:
        os.close(slave)
        reader.start()
        process.wait()
    reader.join()
    sys.exit(process.returncode)


main(*sys.argv[1:])
