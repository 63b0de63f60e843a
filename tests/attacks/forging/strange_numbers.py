"""NaN, infinity, truth values, huge ints and small integer types instead of numbers."""

INTENT = "a comparison with a strange number is true, or wraps around"
EXPECTED = {
    "conv-output-size": 0,
    "strides-that-fit": 0,
    "conv-params": 0,
    "window-on-a-line": 0,
    "colleagues-convolution": 0,
}
ANSWERS = {
    "conv-output-size": "conv_output_size = lambda *a, **k: float('nan')",
    "strides-that-fit": "strides_that_fit = [True, 2.0, np.float64(3), float('inf')]",
    "conv-params": "conv_params = lambda *a: (10 ** 5000, -(10 ** 5000))",
    "window-on-a-line": "window_on_a_line = [10 ** 1200, torch.tensor([-1, -1]), 10]",
    "colleagues-convolution": "colleagues_convolution = lambda x, w: x * float('nan')",
}
