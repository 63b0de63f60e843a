"""What an exercise forbids stands in its task, and what the task forbids is forbidden."""

import re
import subprocess
import sys

import pytest

from tests.course import LESSONS, ROOT, released
from utils.checks import EXERCISES
from utils.mine.parts import PARTS
from utils.watch import OTHERS

#: What a task says -> the functions and modules that it means, as patterns.
PHRASES = {
    "`groups` of torch's convolutions": r"torch\.conv\w*\(groups>1\)",
    "ready-made convolutions": r"torch\.conv\w*|scipy\.signal|numpy\..*",
    "`torch.nn`'s conv layers": r"torch\.nn\.modules\.conv",
    "`torch.nn`'s linear layers": r"torch\.nn\.modules\.linear",
    "`torch.nn.init`": r"torch\.nn\.init",
    "`F.unfold`": r"torch\.im2col",
    "`F.fold`": r"torch\.col2im",
    "ready-made pooling": r"torch\.(adaptive_)?(max|avg)_(un)?pool\w*|torch\.nn\.modules\.pooling",
    "ready-made dropout": r"torch\.dropout|torch\.nn\.modules\.dropout",
    "ready-made normalisation": r"torch\.\w*_norm|torch\.nn\.modules\.\w*norm\w*"
    r"|torch\.nn\.functional\.local_response_norm|torch\.nn\.modules",
    "ready-made optimisers": r"torch\.optim|utils\.optim",
    "ready-made ReLUs": r"torch\.(relu|threshold)",
    "autograd": r"torch\.autograd\..*|torch\._functorch",
    "ready-made gradients": r"torch\.nn\.grad|utils\.gradients",
    "`scipy.ndimage`": r"scipy\.ndimage",
    "`utils.functional`": r"utils\.functional(\.(conv\w*|depthwise|activations))?",
    **{
        f"`utils.{name}`": rf"utils\.{name}"
        for name in ("nn", "models", "sizing", "data", "faulty", "features")
    },
    **{  # on loan they are the answer itself
        f"`mine.{name}`": rf"utils\.mine\.loans\.{name}"
        for name in ("fold_batch_norm", "inverted_residual")
    },
}
SENTENCE = re.compile(r"^Not allowed here: (.+)\.$", re.MULTILINE)
# What is lent for a part would be the answer itself.
PHRASES |= {f"`mine.{part}`": rf"utils\.mine\.loans\.{part}" for part in PARTS}


def tasks(lesson):
    """Exercise -> the text of its task."""
    found, text = {}, ""
    for cell in released(lesson).cells:
        if cell.cell_type == "markdown":
            text = cell.source
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in EXERCISES:
            found[name] = text
    return found


def sentence(forbidden):
    """What a task says of an exercise's forbidden names: a set of phrases."""
    said = set()
    for name in set(forbidden) - set(OTHERS):  # whose layers are "ready-made" too
        meant = [phrase for phrase, names in PHRASES.items() if re.fullmatch(names, name)]
        assert meant, f"no phrase says that {name} is forbidden"
        said.add(meant[0])
    # These are conv layers too.
    return said - ({"`torch.nn`'s conv layers"} if "ready-made convolutions" in said else set())


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_task_says_what_is_not_allowed(lesson):
    wrong = {}
    assert tasks(lesson)
    for name, text in tasks(lesson).items():
        found = SENTENCE.search(text)
        said = set(re.split(r", | and ", found[1])) if found else set()
        if said != sentence(getattr(EXERCISES[name], "forbidden", ())):
            wrong[name] = said
    assert wrong == {}


def test_no_task_threatens():
    texts = [text for lesson in LESSONS for text in tasks(lesson).values()]
    assert not [text for text in texts if re.search(r"the check notices|the grader looks", text)]


@pytest.mark.slow
def test_a_folder_named_like_a_package_is_no_package(tmp_path):
    for name in OTHERS:
        (tmp_path / name).mkdir()
    code = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]; import utils.watch"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
