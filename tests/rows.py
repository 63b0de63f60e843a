"""What a gradebook and the autograded folders hold, in a form that two courses can have equal."""

import re

import nbformat
import sqlalchemy as sa

from tests.course import RECORDS

#: Tables of ours, which nbgrader does not know.
OURS = ("convnets_journal", "convnets_lessons")
#: By what a row is known, where its id is a random number.
NAMES = {
    "assignment": ("name",),
    "notebook": ("name", "assignment_id"),
    "base_cell": ("name", "notebook_id", "type"),
    "source_cell": ("name", "notebook_id"),
    "submitted_assignment": ("assignment_id", "student_id"),
    "submitted_notebook": ("notebook_id", "assignment_id"),
    "grade": ("cell_id", "notebook_id"),
    "comment": ("cell_id", "notebook_id"),
}


def database(course):
    return f"sqlite:///{course / RECORDS / 'gradebook.db'}"


def rows(course, url=None):
    """All rows of a gradebook: table -> rows in order, with names in the place of random ids."""
    engine = sa.create_engine(url or database(course))
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: connection.execute(sa.select(table)).mappings().all()
            for name, table in tables.tables.items()
            if name not in OURS
        }
    engine.dispose()
    return _Namer(tables, found).all()


class _Namer:
    def __init__(self, tables, found):
        self.tables, self.found = tables, found
        self.by_id = {
            name: {row["id"]: row for row in found.get(name, [])}
            for name in found
            if "id" in tables.tables[name].c
        }

    def all(self):
        return {
            name: sorted((self._row(name, row) for row in found), key=repr)
            for name, found in self.found.items()
        }

    def _row(self, table, row):
        random = {"id"} if table in NAMES else set()
        return {key: self._value(table, key, row[key]) for key in row if key not in random}

    def _value(self, table, key, value):
        """A column's value; of one that refers to another row, by what that is known."""
        for other in self.tables.tables[table].c[key].foreign_keys:
            name = other.column.table.name
            if value is not None and name in NAMES:
                row = self.by_id[name][value]
                return tuple(self._value(name, x, row[x]) for x in NAMES[name])
        return value


def files(course):
    """All autograded files: path -> mode and bytes; of notebooks, the text as `steady` has it."""
    base = course / RECORDS / "autograded"
    found = {}
    for path in sorted(x for x in base.rglob("*") if x.is_file()):
        data = path.read_bytes()
        if path.suffix == ".ipynb":
            data = steady(data.decode())
        found[str(path.relative_to(base))] = (oct(path.stat().st_mode), data)
    return found


#: What differs from one run to the next with the same verdicts: places in memory, times.
UNSTEADY = re.compile(r"0x[0-9a-f]{6,}|\b\d+(?:\.\d+)? (?:ns|us|µs|ms|s|seconds|times)\b")


def steady(text):
    nbformat.reads(text, as_version=4)  # it is a notebook
    return UNSTEADY.sub("(differs)", text)


def journal(course, url=None):
    """Student -> state, reason, points; of all lessons."""
    from autograder.gradebook import journal as module

    engine = sa.create_engine(url or database(course))
    with engine.connect() as connection:
        found = module.entries(connection)
    engine.dispose()
    return {x.student: (x.state, x.reason, x.points) for x in found}
