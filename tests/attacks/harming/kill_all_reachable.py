"""All processes that can be seen are killed, but only inside of a small pid namespace."""

INTENT = "other kernels, or the grader, are killed"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import signal

pids = [int(x) for x in os.listdir("/proc") if x.isdigit()]
print(len(pids), "processes are seen")
if os.getpid() < 1000 and len(pids) < 20:
    for pid in pids:
        if pid not in (0, 1, os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
                print("killed", pid)
            except OSError as error:
                print(pid, error)
else:
    print("HARM: the machine's own processes can be reached")
"""
]
