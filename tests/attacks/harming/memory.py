"""Six gigabytes of memory, written to."""

INTENT = "the machine runs out of memory"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
kept = []
for _ in range(60):
    kept.append(bytearray(b"x") * (100 << 20))
print("HARM took", len(kept) * 100, "MiB")
"""
]
