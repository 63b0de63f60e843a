"""Scripts, frames and handlers in markdown and raw cells, and in the answer in words."""

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
    for cell in right.cells:
        if cell["id"] == "why-share":
            cell.source = ACTIVE
    right.cells.insert(1, nbformat.v4.new_markdown_cell(ACTIVE))
    right.cells.insert(1, nbformat.v4.new_raw_cell(ACTIVE, metadata={"raw_mimetype": "text/html"}))
    right.metadata["title"] = ACTIVE
    return right
