"""Scripts, frames and handlers in outputs of all kinds, made by code."""

import nbformat

INTENT = "the instructor's browser runs the student's script"
EXPECTED = {}
ACTIVE = """
<script>alert("ACTIVE")</script><img src=x onerror=alert("ACTIVE")><svg onload=alert("ACTIVE")>
<iframe srcdoc="<script>parent.alert('ACTIVE')</script>"></iframe>
<a href="javascript:alert('ACTIVE')">a</a> [link](javascript:alert('ACTIVE'))
<style>@import url(http://192.0.2.1/ACTIVE)</style>
<meta http-equiv="refresh" content="0;url=ACTIVE">
<form action="http://192.0.2.1/ACTIVE"><button formaction="javascript:alert('ACTIVE')">b</button>
</form></textarea></script><script>alert("ACTIVE")</script>
"""


def notebook(released, right):
    kinds = (
        "text/html",
        "text/markdown",
        "image/svg+xml",
        "text/latex",
        "application/javascript",
        "image/png",
        "image/jpeg",
        "text/plain",
        "application/vnd.jupyter.widget-view+json",
    )
    data = {kind: ACTIVE if "image/p" not in kind else '"' + ACTIVE for kind in kinds}
    code = f"from IPython.display import display\ndata = {data!r}\n"
    code += "for kind, text in data.items():\n    display({kind: text}, raw=True)\n"
    code += "print(data['text/html'])\nraise ValueError(data['text/html'])"
    right.cells.insert(1, nbformat.v4.new_code_cell(code))
    return right
