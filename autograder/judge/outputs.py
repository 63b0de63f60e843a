"""Cleans what kernels put out before it enters a notebook that an instructor opens."""

import re
import sys
from pathlib import Path

from autograder import ROOT
from autograder.judge.html import clean_html
from autograder.judge.sandbox import python_folders

__all__ = ["cleaned", "without_paths"]

KEPT = ("text/plain", "text/html", "text/markdown", "image/png", "image/jpeg")
PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]{64,}")
HTML, MOST_HTML = ("text/html", "text/markdown"), 30_000  # characters of one output
HTML_COSTS = 10  # so much longer than other text does it take to clean
KINDS: dict[str, dict[str, type]] = {
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
}


def cleaned(outputs, limit: int) -> tuple[list[dict], int]:
    """Keep of some outputs what a notebook may hold; return them and their size in characters.

    Kept are texts and pictures. Scripts and what might hold one are removed, and paths of this
    machine are shortened. What is no output at all is dropped.

    Args:
        outputs: what a kernel sent, whatever it is.
        limit: characters that may be kept.
    """
    kept, size = [], 0
    for output in outputs if isinstance(outputs, list) else []:
        if not _well_formed(output):
            continue
        size += _size(output)
        if size <= limit:  # before it is cleaned, which takes long where there is much
            output = _clean(output)
        if size > limit:
            text = "(There are more outputs, but no more are kept.)\n"
            kept.append({"output_type": "stream", "name": "stderr", "text": text})
            break
        kept.append(output)
    return kept, size


def _size(output: dict) -> int:
    data = output.get("data", {})
    html = (PICTURE.sub("", data.get(kind, "")) for kind in HTML)
    return len(str(output)) + HTML_COSTS * sum(map(len, html))


def _well_formed(output) -> bool:
    if not isinstance(output, dict):
        return False
    wanted = KINDS.get(output.get("output_type", ""))
    if wanted is None or set(output) != {"output_type", *wanted}:
        return False
    if any(type(output[key]) is not kind for key, kind in wanted.items()):
        return False
    if output["output_type"] == "stream":
        return output["name"] in ("stdout", "stderr")
    if output["output_type"] == "error":
        return all(isinstance(line, str) for line in output["traceback"])
    if output.get("execution_count", 0) not in range(1 << 31):
        return False
    return all(isinstance(x, str) for item in output["data"].items() for x in item)


def _clean(output: dict) -> dict:
    output = {**output}
    if "data" in output:
        output["metadata"] = {}
        data = {k: _whole(x) for k, x in output["data"].items() if k in KEPT}
        for kind in HTML:
            if kind in data and (cleaned_html := _html(data.pop(kind))):
                data[kind] = cleaned_html
        return {**output, "data": {k: without_paths(x) for k, x in data.items()}}
    for key in ("text", "ename", "evalue"):
        if key in output:
            output[key] = without_paths(_whole(output[key]))
    if "traceback" in output:
        output["traceback"] = [without_paths(_whole(line)) for line in output["traceback"]]
    return output


def _html(text: str) -> str:
    """Clean HTML; nothing is left of much of it. Pictures in it are put aside meanwhile."""
    pictures: list[str] = []

    def put_aside(match):
        pictures.append(match[0])
        return f"data:image/picture-{len(pictures) - 1}"

    text = PICTURE.sub(put_aside, text)
    if len(text) > MOST_HTML:
        return ""
    there = re.compile(r"data:image/picture-(\d{1,6})")
    known = dict(enumerate(pictures))
    return there.sub(lambda match: known.get(int(match[1]), ""), clean_html(text))


def _whole(text: str) -> str:
    """Replace halves of characters, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


_paths = sorted(
    {*python_folders(), str(ROOT), sys.prefix, sys.base_prefix, str(Path.home())},
    key=len,
    reverse=True,
)
_pattern = re.compile("|".join(re.escape(x) for x in _paths if len(x) > 1))


def without_paths(text: str) -> str:
    """Shorten paths of this machine."""
    return _pattern.sub("…", text)
