"""Up to 500 processes, each of which ends after 20 seconds."""

INTENT = "the machine runs out of processes"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os
import time

made = 0
for _ in range(500):
    try:
        if os.fork() == 0:
            until = time.monotonic() + 20
            while time.monotonic() < until:
                time.sleep(0.2)
            os._exit(0)
        made += 1
    except OSError as error:
        print(error)
        break
print("HARM" * (made >= 400), made, "processes")
"""
]
