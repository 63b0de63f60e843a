"""The parent process and the process group are killed."""

INTENT = "the grader is killed"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import signal

parent, small = os.getppid(), os.getpid() < 1000 and len(os.listdir("/proc")) < 500
print(os.getpid(), parent, "" if small else "HARM: this is the machine's own pid namespace")
if small:
    for pid in (parent, 1):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
            try:
                if pid > 0:
                    os.kill(pid, number)
                    print("killed", pid, number)
            except OSError as error:
                print(pid, number, error)
"""
]
