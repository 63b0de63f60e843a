"""Speed, always as a ratio: each module is a program, `python -m benchmarks.layers`."""
