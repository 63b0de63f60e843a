"""Limits are raised, priorities taken, the clock set, the scheduler asked for real time."""

INTENT = "the limits are the student's own"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import resource
import time

for name in ("RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK"):
    kind = getattr(resource, name)
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)
        print("HARM raised", name)
    except (OSError, ValueError) as error:
        print(name, error)
for name, call in {
    "nice": lambda: os.nice(-10),
    "clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time() + 1),
    "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "hostname": lambda: __import__("socket").sethostname("harm"),
}.items():
    try:
        call()
        print("HARM", name)
    except OSError as error:
        print(name, error)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/fs/cgroup/cgroup.procs"):
    try:
        with open(path, "w") as stream:
            stream.write("x")
        print("HARM wrote", path)
    except OSError as error:
        print(error)
"""
]
