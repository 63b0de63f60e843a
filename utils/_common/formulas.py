"""Turns TeX formulas into MathML, which browsers draw by themselves: no script, no network."""

import html
import re
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

__all__ = ["mathml"]

LONGEST = 2_000  # characters of a formula
#: A macro that calls macros can double a formula at each step, so none may be defined.
MACROS = (r"\def", r"\newcommand", r"\newenvironment", r"\DeclareMathOperator")
# What MathML Core draws. Links, classes and styles, which TeX can ask for, are not among it.
TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded", "mphantom"),
    *("mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
    *("mtable", "mtr", "mtd"),
}
ATTRIBUTES = {
    *("xmlns", "display", "displaystyle", "scriptlevel", "mathvariant", "linethickness"),
    *("form", "fence", "stretchy", "symmetric", "largeop", "movablelimits", "accent"),
    *("minsize", "maxsize", "width", "height", "depth", "lspace", "rspace", "voffset"),
    *("columnalign", "columnspacing", "rowspacing"),
}


def mathml(tex: str, display: bool = False) -> str:
    r"""Convert a formula, such as ``\frac{a}{b}``, to a ``<math>`` element.

    Whatever the formula holds, nothing in the element acts or is fetched. What cannot be converted
    is shown as TeX.

    Args:
        tex: the formula, without its dollars.
        display: on a line of its own, else in the line of its paragraph.
    """
    tex = tex.strip()
    try:
        if len(tex) > LONGEST or any(macro in tex for macro in MACROS):
            raise ValueError("not converted")
        # After a comma or a bracket, a minus would be set as if something stood before it.
        signed = re.sub(r"([,(]\s*)-([\d.]+)", r"\1{-\2}", tex)
        element = Converter(display="block" if display else "inline").convert_to_element(signed)
        _clean(element)
        element.set("alttext", tex)
        return tostring(element, encoding="unicode")
    except Exception:  # the library raises whatever comes up, a RecursionError among it
        return f"<code>{html.escape(tex)}</code>"


def _clean(element: Element) -> None:
    """Keep known tags and attributes, and resolve the entities that stand in texts."""
    for part in element.iter():
        if part.tag not in TAGS:
            raise ValueError(f"<{part.tag}> is not drawn")
        part.attrib = {k: v for k, v in part.attrib.items() if k in ATTRIBUTES}
        # The library writes entities. Whatever they stand for is escaped again by `tostring`.
        part.text = html.unescape(part.text) if part.text else part.text
