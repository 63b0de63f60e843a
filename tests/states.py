"""What a student may set for the whole process, and a submission that does."""

from nbformat.v4 import new_code_cell

from tests.course import solution

#: What somebody may write into a cell of their own.
STATES = {
    "default device": "torch.set_default_device('meta')",
    "default dtype": "torch.set_default_dtype(torch.float64)",
    "half as the default dtype": "torch.set_default_dtype(torch.float16)",
    "no gradients": "torch.set_grad_enabled(False)",
    "inference mode": "kept = torch.inference_mode(); kept.__enter__()",
    "autocast": "kept_too = torch.autocast('cpu', torch.bfloat16); kept_too.__enter__()",
    "anomaly detection": "torch.autograd.set_detect_anomaly(True)",
    "deterministic algorithms": "torch.use_deterministic_algorithms(True)",
    "products of less precision": "torch.set_float32_matmul_precision('medium')",
    "threads": "torch.set_num_threads(3)",
    "print options": "torch.set_printoptions(precision=1, sci_mode=True)\n"
    "import numpy; numpy.set_printoptions(precision=1, threshold=3)",
    "NumPy's errors": "import numpy; numpy.seterr(all='raise')",
    "warnings that raise": "import warnings; warnings.simplefilter('error')",
    "random states": "import random, numpy\nrandom.seed(7); numpy.random.seed(7)\n"
    "torch.manual_seed(7)",
    "working directory": "import os; os.makedirs('away'); os.chdir('away'); os.rmdir('../away')",
    "locale": "import locale; locale.setlocale(locale.LC_ALL, '')",
    "environment": "import os; os.environ.clear()",
    "import path": "import sys; sys.path.clear()",
    "recursion limit": "import sys; sys.setrecursionlimit(200)",
    "decimal context": "import decimal; decimal.getcontext().prec = 1",
    "garbage collection": "import gc; gc.disable(); gc.set_threshold(1)",
    "matplotlib's settings": "import matplotlib; matplotlib.rcParams['figure.dpi'] = 7",
    "streams": "import io, sys; sys.stdout, sys.stderr = io.StringIO(), None",
}


def with_states(lesson, *states):
    """A lesson's own answers below a cell of the student's own, which sets these states."""
    notebook = solution(lesson)
    first = next(n for n, x in enumerate(notebook.cells) if x.cell_type == "code")
    source = "\n".join(["import torch", *states])
    notebook.cells.insert(first + 1, new_code_cell(source, id="own"))
    return notebook
