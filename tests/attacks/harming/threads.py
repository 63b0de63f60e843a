"""Two thousand threads that sleep."""

INTENT = "the machine runs out of threads"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import threading
import time

made = 0
try:
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        made += 1
except RuntimeError as error:
    print(error)
print("HARM" * (made >= 1900), made, "threads")
"""
]
