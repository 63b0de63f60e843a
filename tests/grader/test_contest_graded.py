"""The contest in the grader: a design and its recipe cross, and the score comes back as data."""

import pytest
from test_judge import Lesson

TEST = """
from IPython.display import display
from utils import contest
from utils.contest import scoring
scoring.TRAINING_PICTURES = scoring.TEST_PICTURES = 200
result = contest.grade(f, recipe, seed=90210)
display(result)
result.points / 6  # of 2 points here
"""
RIGHT = """
def f():
    conv = [nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), own.BatchNorm2d(8), own.ReLU()]
    return nn.Sequential(*conv, nn.MaxPool2d(2), nn.Flatten(), own.Linear(8 * 64, 10))
"""
COST = 27 * 8 * 256 + 512 * 10 + 3 * 8 * 256 + (216 + 16 + 5120 + 10)
FORGED = """
from IPython.display import display
display({"application/vnd.convnets.score+json": '{"points": 12}'}, raw=True)
"""
COSTLY = """
class f(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.weight = nn.Parameter(torch.randn(64, 72, 1) / 8)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        patches = torch.nn.functional.unfold(self.first(x), 3, padding=1)
        return self.head((patches[:, None] * self.weight).sum(2).relu().mean(2))
"""
TRAINED = """
MODEL = nn.Sequential(nn.Conv2d(3, 8, 8, stride=4), nn.Flatten(), nn.Linear(8 * 49, 10))

def f():
    import copy
    return copy.deepcopy(MODEL)
"""


@pytest.fixture(scope="module")
def lesson():
    made = Lesson(cell_seconds=60)
    yield made
    made.judge.close()


def graded(lesson, source, recipe="{'rate': 0.02, 'warm_up': 0.2}"):
    lesson({"recipe": "True", "f": TEST}, {"recipe": f"recipe = {recipe}", "f": source})
    return lesson.verdicts.tests["test-f"]


def test_a_score_comes_back_as_data_and_as_words(lesson):
    verdict = graded(lesson, RIGHT + FORGED)
    assert verdict.score["cost"]["total"] == COST
    assert verdict.score["recipe"]["rate"] == 0.02
    assert verdict.score["points"] / 6 == verdict.points < 2
    assert "at this cost" in lesson.output("test-f")
    again = graded(lesson, RIGHT)
    assert again.score == verdict.score


def test_products_that_are_written_out_are_counted(lesson):
    verdict = graded(lesson, COSTLY)
    assert verdict.points == 0
    assert verdict.score["accuracy"] is None
    assert "over the budget" in lesson.output("test-f")


def test_what_is_no_entry_says_why(lesson):
    assert "not fresh" in graded(lesson, TRAINED).message
    assert "no 'lr'" in graded(lesson, RIGHT, "{'lr': 1}").message
    assert "a recipe is a dictionary" in graded(lesson, RIGHT, "0.1").message
    assert graded(lesson, "f = None").score is None
