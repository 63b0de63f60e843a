"""The widget that asks: an answer is chosen, and only then comes what is right, and why."""

import hashlib
import json
from pathlib import Path

import mistune
from traitlets import Dict, List, Unicode

from utils._common.formulas import mathml
from utils._common.pages import PageWidget
from utils.mine.answers import keep
from utils.mine.bank import Question

__all__ = ["Quiz"]

FRONT = Path(__file__).parent / "front"
TITLES = {"predict": "Predict first", "review": "Do you remember?"}


class Quiz(PageWidget):
    """Questions, one after the other, each with one right answer.

    It works in JupyterLab, where answers are kept, and in a saved page without a kernel, where
    they are forgotten. Where no script runs, the answer is in a fold.

    Args:
        kind: "review" or "predict".
        questions: what to ask.
        chosen: what was chosen before, a question's name -> place of the option.
    """

    _esm = (FRONT / "quiz.js").read_text("utf-8")
    _css = (FRONT / "quiz.css").read_text("utf-8")

    title = Unicode().tag(sync=True)
    questions = List(Dict()).tag(sync=True)
    chosen = Dict().tag(sync=True)
    said = Unicode().tag(sync=True)

    def __init__(self, kind: str, questions: list[Question], chosen: dict[str, int] | None = None):
        self.kind = kind
        self._asked = {question.name: question for question in questions}
        shown = [_shown(question) for question in questions]
        super().__init__(title=TITLES[kind], questions=shown, chosen=chosen or {})
        self.observe(self._keep, "chosen")

    def _keep(self, change) -> None:
        """Keep what has just been chosen."""
        for name, place in change["new"].items():
            if name in change["old"] or name not in self._asked:
                continue
            question = self._asked[name]
            right, key = place == question.right, question.options[place].key
            self.said = keep(self.kind, name, right, key)

    def as_html(self) -> str:
        """Return it as a piece of a page; until its script runs, answers are in folds."""
        state = {name: getattr(self, name) for name in ("title", "questions", "chosen", "said")}
        words = json.dumps(state, sort_keys=True).replace("</", r"<\/")
        key = hashlib.sha256(words.encode()).hexdigest()[:12]
        folds = "\n".join(map(_folded, self._asked.values()))
        place = f'<div data-quiz="{key}"><p><strong>{self.title}</strong></p>{folds}</div>'
        return self._piece(place, f'wake("{key}", {words});')

    def __repr__(self) -> str:
        return "\n\n".join(map(_as_text, self._asked.values()))


def _shown(question: Question) -> dict:
    """What the browser needs of a question."""
    return {
        "name": question.name,
        "source": f"Lesson {question.lesson}, {question.title}" if question.lesson else "Before",
        "text": markdown(question.text),
        "options": [{"text": markdown(x.text), "why": markdown(x.why)} for x in question.options],
        "right": question.right,
    }


def _folded(question: Question) -> str:
    """A question whose answer is in a fold, for a page where no script runs."""
    options = "".join(f"<li>{markdown(option.text)}</li>" for option in question.options)
    right, *wrong = sorted(question.options, key=lambda x: x != question.options[question.right])
    whys = "".join(f"<li>{markdown(option.text)}{markdown(option.why)}</li>" for option in wrong)
    return (
        f"{markdown(question.text)}<ol type='A'>{options}</ol>"
        f"<details><summary>Answer</summary>{markdown(right.text)}{markdown(right.why)}"
        f"<p>Why not the others?</p><ul>{whys}</ul></details>"
    )


def _as_text(question: Question) -> str:
    """A question as text, without its answer."""
    return "\n".join([question.text, *(f"( ) {option.text}" for option in question.options)])


def _formulas(reader: mistune.Markdown) -> None:
    """Let the reader of Markdown write formulas as MathML."""
    assert isinstance(reader.renderer, mistune.HTMLRenderer)
    reader.renderer.register("inline_math", lambda _, tex: mathml(tex))
    reader.renderer.register("block_math", lambda _, tex: mathml(tex, display=True))


#: Markdown with formulas -> HTML.
markdown = mistune.create_markdown(plugins=["math"])
_formulas(markdown)
