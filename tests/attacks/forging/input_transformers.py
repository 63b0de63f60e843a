"""IPython rewrites every later cell: its own hooks are used to take the assertions out."""

INTENT = "tests lose their assertions"
ANSWERS = {
    "conv-params": """
import ast

shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
shell.input_transformers_post.append(lambda lines: ["pass\\n"])


class NoAssertions(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Call(self, node):
        return ast.Constant(None) if getattr(node.func, "id", "") == "check" else node


shell.ast_transformers.append(NoAssertions())
shell.events.register("pre_run_cell", lambda info: setattr(info, "raw_cell", "pass"))


def conv_params(*_):
    return 0, 0
"""
}
# From here on the student's own cells say `pass` too, so none of the later answers exists.
EXPECTED = dict.fromkeys(
    [
        *("conv-params", "conv2d-naive", "colleagues-convolution", "im2col", "conv2d-vectorised"),
    ],
    0,
)
