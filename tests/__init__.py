"""The tests and their helpers; `benchmarks` and `docs/pictures.py` use the helpers too."""
