"""Cell ids that people can read and that a rebuild does not change."""

import re
import unicodedata

from autograder.cells import grade_id

LONGEST = 64  # nbformat 4.5: 1 to 64 characters of [a-zA-Z0-9-_]


def slug(text: str, longest: int = LONGEST - 12) -> str:
    """Return `text` as lower-case words joined by hyphens, or "cell" when nothing is left of it.

    The default length leaves room for a number behind it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    result = ""
    for word in words:
        if result and len(result) + 1 + len(word) > longest:
            break
        result = f"{result}-{word}" if result else word
    return result[:longest] or "cell"


def headings(cell) -> list[str]:
    """Return the text of a Markdown cell's headings, without those inside a code block."""
    if cell.cell_type != "markdown":
        return []
    found, fence = [], None
    for line in cell.source.splitlines():
        if mark := re.match(r" {0,3}(`{3,}|~{3,})", line):
            # A block ends with the mark that began it.
            fence = mark[1][:3] if fence is None else None if fence == mark[1][:3] else fence
        elif fence is None and (heading := re.match(r" {0,3}#{1,6}\s+(.+?)\s*#*$", line)):
            found.append(heading[1])
    return found


def give_ids(cells) -> None:
    """Set every cell's id: its `grade_id`, else its heading, else its place under the last one.

    Raises:
        ValueError: two cells have the same `grade_id`, or one is no valid cell id.
    """
    taken = set()
    for name in filter(None, map(grade_id, cells)):
        if not re.fullmatch(rf"[a-zA-Z0-9_-]{{1,{LONGEST}}}", name):
            raise ValueError(f"grade_id {name!r} must be 1 to {LONGEST} of a-z, A-Z, 0-9, - and _")
        if name in taken:
            raise ValueError(f"grade_id {name!r} is used twice")
        taken.add(name)
    section, place = "start", 0
    for cell in cells:
        if known := grade_id(cell):
            cell["id"] = known
            place += 1
            continue
        titles = headings(cell)
        place = 0 if titles else place + 1
        wanted = name = slug(titles[0]) if titles else f"{section}-{place}"
        if name in taken and titles:
            wanted = name = f"{name}-heading"
        number = 2
        while name in taken:
            name, number = f"{wanted}-{number}", number + 1
        taken.add(name)
        cell["id"] = name
        if titles:
            section = slug(titles[-1])
