"""Text that students chose, made safe to show: on a terminal, in a spreadsheet."""

__all__ = ["named", "no_formula", "printable"]

#: A spreadsheet takes a cell that begins with one of these for a formula; the last four are the
#: full-width forms, which some take too. https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def printable(text: str) -> str:
    """Return one line of text in which control and direction characters are only spelt out.

    A name can hold a terminal's commands, or characters that turn the text around them.
    """
    line = " ".join(str(text).split())
    return "".join(x if x.isprintable() else ascii(x)[1:-1] for x in line)


def no_formula(text: str) -> str:
    """Return a cell's text that no spreadsheet computes: `'` stands before what looks like one."""
    line = printable(text)
    return f"'{line}" if line.startswith(FORMULA) else line


def named(student: str, name: str | None) -> str:
    """Return a student's id, with the display name behind it where there is another one."""
    return f"{student} ({name})" if name and name != student else student
