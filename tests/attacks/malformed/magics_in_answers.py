"""Answers are cells in other languages: %%bash, %%html, %%javascript."""

INTENT = "a magic runs outside of the sandbox"
EXPECTED = dict.fromkeys(["conv-params", "im2col", "conv-output-size", "window-on-a-line"], 0)
DESTRUCTIVE = True


def notebook(released, right):
    sources = {
        "conv-params": "%%bash\ncat /etc/passwd; echo CANARY-READ > /tmp/here; id",
        "im2col": "%%javascript\nalert('ACTIVE')",
        "conv-output-size": "%%html\n<script>alert('ACTIVE')</script>",
        "window-on-a-line": "%%writefile /tmp/convnets-written\nwindow_on_a_line = [11]",
    }
    for cell in right.cells:
        cell.source = sources.get(cell["id"], cell.source)
    return right
