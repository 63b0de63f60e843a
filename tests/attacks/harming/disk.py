"""A gigabyte is written to every folder that can be written to."""

INTENT = "the disk is full"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import os

home = os.path.expanduser("~")
for folder in ("/tmp", home, "/dev/shm", "/var/tmp", "/run", ".", "/usr", "/work"):
    written, part = 0, b"x" * (8 << 20)
    for place in range(40):
        try:
            with open(f"{folder}/convnets-fill-{place}", "wb") as stream:
                for _ in range(8):
                    stream.write(part)
                    written += 8
            if written > 1000:
                break
        except OSError as error:
            print(folder, written, error)
            break
    print("HARM" * (written > 600), folder, written, "MiB")
"""
]
