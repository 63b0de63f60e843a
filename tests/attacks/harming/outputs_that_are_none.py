"""Outputs of wrong kinds, sizes and numbers are put where the worker keeps them."""

INTENT = "the graded notebook is invalid"
EXPECTED = {}
CELLS = [
    """
shell = get_ipython()
shell.outputs += [
    {"output_type": "execute_result", "execution_count": -5, "data": {}, "metadata": {}},
    {"output_type": "execute_result", "execution_count": 10**30, "data": {"": ""}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/png": '"><script>1</script>'}, "metadata": {}},
    {"output_type": "display_data", "data": {"application/javascript": "1"}, "metadata": {"x": 1}},
    {"output_type": "stream", "name": "stdin", "text": "x"},
    {"output_type": "update_display_data", "data": {}, "metadata": {}},
    {"output_type": "error", "ename": "E" * 10000, "evalue": "", "traceback": ["\\x1b[31m" * 1000]},
]
"""
]
