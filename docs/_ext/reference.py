"""The reference of `utils`: a page for each public module, written before Sphinx reads.

A subpackage's page has a section for each of its files, with what the subpackage makes public.
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

from walkthrough import write

INDEX = """\
The ``utils`` package
=====================

.. automodule:: utils
   :no-members:

It works without the lessons too. Names and signatures are those of ``torch``, so that what you
know of one helps you with the other. No gradient is taken by ``torch``: each layer has its own
backward.

{summaries}

.. toctree::
   :hidden:

   {names}
"""


#: Characters; a constant with a longer value is shown without it.
LONGEST_VALUE = 300


def summary(module) -> str:
    """Return the first sentence of a module's docstring."""
    return inspect.getdoc(module).partition("\n")[0]


def heading(text: str, line: str) -> str:
    """Return a title or a section's heading."""
    return f"{text}\n{line * len(text)}\n\n"


def families(package) -> dict[str, list[str]]:
    """Sort the public names of a package by the file that defines them; "" for constants."""
    order = [f"{package.__name__}.{x.name}" for x in pkgutil.iter_modules(package.__path__)]
    found = {name: [] for name in [*order, ""]}
    for name in package.__all__:
        home = getattr(getattr(package, name), "__module__", "")
        found[home if home in found else ""].append(name)
    return {home: names for home, names in found.items() if names}


def page(name: str) -> str:
    """Return the page of a public module of `utils`."""
    full = f"utils.{name}"
    module = importlib.import_module(full)
    text = heading(f"``{full}``", "=") + f".. automodule:: {full}\n   :no-members:\n\n"
    if not hasattr(module, "__path__"):
        return text + entries(module, module.__all__)
    for home, names in families(module).items():
        if home:
            text += heading(home.removeprefix(f"{full}.").replace("_", " ").capitalize(), "-")
            text += f".. automodule:: {home}\n   :no-members:\n   :no-index:\n\n"
        else:
            text += heading("Constants", "-")
        text += entries(module, names)
    return text


def entries(module, names: list[str]) -> str:
    """Return the directives that document some names of a module."""
    text = ""
    for name in names:
        thing = getattr(module, name)
        text += f".. auto{kind_of(thing)}:: {module.__name__}.{name}\n"
        text += "   :no-value:\n\n" if len(repr(thing)) > LONGEST_VALUE else "\n"
    return text


def kind_of(thing) -> str:
    """Say which of autodoc's directives documents a thing."""
    if inspect.isclass(thing):
        return "exception" if issubclass(thing, BaseException) else "class"
    return "function" if inspect.isroutine(thing) else "data"


def mend_docstring(app, what, name, thing, options, lines: list[str]) -> None:
    """Adapt a docstring, in place, to what autodoc takes it for."""
    if what == "data" and "\n".join(lines).strip() == inspect.getdoc(type(thing)).strip():
        lines.clear()  # says what a dict or a tuple is
    # In a shape, (N, C, *output_size), the star is Python's; it begins no emphasis.
    lines[:] = [re.sub(r", \*(?=\w)", r", \\*", line) for line in lines]


def mend_signature(app, what, name, thing, options, signature, returns):
    """Return a signature that reads as Python: a dataclass has `<factory>` for some defaults."""
    return signature and signature.replace("<factory>", "..."), returns


def write_reference(app, config) -> None:
    """Write the pages and their index into the source folder."""
    import utils

    names = [x.name for x in pkgutil.iter_modules(utils.__path__) if not x.name.startswith("_")]
    summaries = "\n".join(
        f":doc:`utils.{name} <{name}>`\n   {summary(importlib.import_module(f'utils.{name}'))}\n"
        for name in names
    )
    index = INDEX.format(summaries=summaries, names="\n   ".join(names))
    pages = {f"{name}.rst": page(name) for name in names}
    write(Path(app.srcdir) / "reference", {"index.rst": index} | pages)


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", write_reference)
    app.connect("autodoc-process-docstring", mend_docstring)
    app.connect("autodoc-process-signature", mend_signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
