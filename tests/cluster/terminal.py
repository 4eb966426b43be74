"""Runs a command on a terminal of its own, which is closed once a file is there: terminal.py FILE COPY COMMAND...

What came on the terminal goes to COPY. The exit status is the command's.
"""
import os
import pty
import select
import sys


def main(file, copy, *command):
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    with open(copy, "wb", buffering=0) as kept:
        while not os.path.exists(file):
            if select.select([master], [], [], 0.05)[0]:
                try:
                    data = os.read(master, 65536)
                except OSError:  # EIO: it has ended
                    break
                kept.write(data.replace(b"\r", b"\n"))
    os.close(master)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main(*sys.argv[1:])
