#!/bin/sh
# Find a Python whose torch sees a GPU, or make one, and run benchmarks/gpu.py with it.
cd "$(dirname "$0")/.." || exit 1
sees='import sys, torch; sys.exit(not torch.cuda.is_available())'
for python in "$PYTHON" .venv/bin/python python3 python; do
  if [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 && "$python" -c "$sees" 2>/dev/null; then
    echo "Using $(command -v "$python")"
    exec "$python" -m benchmarks.gpu "$@"
  fi
done
echo "No Python here has a torch that sees a GPU; making an environment with one ..."
make setup && .venv/bin/python -c "$sees" && exec .venv/bin/python -m benchmarks.gpu "$@"
echo "The torch in .venv sees no GPU either. Is there one (nvidia-smi)? Does its driver fit?"
echo "Name a Python that has another torch: make gpu PYTHON=/path/to/python"
exit 1
