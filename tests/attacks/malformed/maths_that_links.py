"""Mathematics whose commands make links and load extensions in the browser."""

INTENT = "MathJax runs the student's script"
EXPECTED = {}


def notebook(released, right):
    for cell in right.cells:
        if cell["id"] == "why-share":
            cell.source = (
                r"$\require{html}\href{javascript:alert('ACTIVE')}{x}\style{color:red}{y}$"
            )
    return right
