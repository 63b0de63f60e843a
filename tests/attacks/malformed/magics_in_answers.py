"""Answers are cells in other languages: %%bash, %%html, %%javascript."""

INTENT = "a magic runs outside of the sandbox"
EXPECTED = dict.fromkeys(
    ["conv-params", "region-seen", "conv-output-size", "receptive-field-stack"], 0
)
DESTRUCTIVE = True


def notebook(released, right):
    sources = {
        "conv-params": "%%bash\ncat /etc/passwd; echo CANARY-READ > /tmp/here; id",
        "region-seen": "%%javascript\nalert('ACTIVE')",
        "conv-output-size": "%%html\n<script>alert('ACTIVE')</script>",
        "receptive-field-stack": "%%writefile /tmp/convnets-written\nreceptive_field_stack = 11",
    }
    for cell in right.cells:
        cell.source = sources.get(cell["id"], cell.source)
    return right
