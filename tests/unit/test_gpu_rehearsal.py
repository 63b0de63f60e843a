"""`make gpu`, rehearsed with the CPU in the GPU's place: its first real minute is precious."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = ("-m", "benchmarks.gpu")
pytestmark = pytest.mark.slow


def rehearse(folder, *words, status=0):
    done = subprocess.run(
        [sys.executable, *SCRIPT, "--device", "cpu", "--out", folder / "gpu", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == status, done.stdout
    return json.loads((folder / "gpu.json").read_text()), (folder / "gpu.md").read_text()


@pytest.mark.parametrize("step", ["machine", "methods", "checks", "training"])
def test_each_quick_step_runs_and_finds_all_right(tmp_path, step):
    (part,), text = rehearse(tmp_path, "--quick", "--only", step)
    assert part["step"] == step and part["results"]
    assert {x["ok"] for x in part["results"]} == {True}
    assert f"## {step}: {len(part['results'])} of {len(part['results'])} right" in text


def test_a_step_that_takes_too_long_stops_no_other_and_what_it_has_is_kept(tmp_path):
    words = ["--only", "layers", "machine", "--limit", "layers=12"]
    (layers, machine), text = rehearse(tmp_path, *words, status=1)
    assert layers["results"][-1]["said"].startswith("stopped after 12 s")
    assert machine["results"][0]["ok"] and "**failed** layers: stopped" in text


def test_a_machine_without_a_gpu_is_told_so(tmp_path):
    done = subprocess.run(
        [sys.executable, *SCRIPT, "--out", tmp_path / "gpu"],
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert done.returncode == 1
    assert "finds no CUDA device" in done.stdout and not list(tmp_path.iterdir())
