"""Right answers to lesson 1 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell (math, torch, np, F, functional, mine, sizing) and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["window-on-a-line"] = [
    "window_on_a_line = [8, -1, 10]\n",
    "window_on_a_line = (2 - 0 + 6, 0 - 3 + 2, 3 - 1 + 8)\n",
    "x, w = [2, 0, 3, 1, 4], [1, -1, 2]\nwindow_on_a_line = list(np.correlate(x, w))\n",
    """
x, w = torch.tensor([2, 0, 3, 1, 4]), torch.tensor([1, -1, 2])
window_on_a_line = [(x[i : i + 3] * w).sum() for i in range(3)]
""",
]

RIGHT["conv-output-size"] = [
    # Count the positions one by one.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    padded = input_size + 2 * padding
    positions = [left for left in range(0, padded, stride) if left + kernel_size <= padded]
    if not positions:
        raise ValueError("kernel larger than padded input")
    return len(positions)
""",
    # Floats and math.floor.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    span = input_size - kernel_size + 2 * padding
    if span < 0:
        raise ValueError(f"{kernel_size} does not fit")
    return math.floor(span / stride + 1)
""",
    # NumPy's integers.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    size = np.floor_divide(input_size + 2 * padding - kernel_size, stride) + 1
    if size < 1:
        raise ValueError("no position")
    return size
""",
    # Ask a convolution; it raises RuntimeError where a ValueError is asked for.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    try:
        line = torch.zeros(1, 1, input_size)
        return F.max_pool1d(F.pad(line, (padding, padding)), kernel_size, stride).shape[-1]
    except RuntimeError as error:
        raise ValueError("does not fit") from error
""",
]

RIGHT["strides-that-fit"] = [
    "strides_that_fit = [1, 2, 3, 6]\n",
    "strides_that_fit = [s for s in range(1, 8) if ((11 - 5 + 2 * 0) / s + 1).is_integer()]\n",
    "strides_that_fit = [6, 3, 2, 1]\n",
    """
strides_that_fit = []
for stride in range(1, 8):
    if divmod(11 - 5, stride)[1] == 0:
        strides_that_fit.append(stride)
""",
]

RIGHT["conv-params"] = [
    """
def conv_params(in_channels, out_channels, kernel_size):
    one_filter = kernel_size**2 * in_channels
    return one_filter * out_channels, out_channels
""",
    # Let PyTorch count.
    """
def conv_params(in_channels, out_channels, kernel_size):
    weight = torch.empty(out_channels, in_channels, kernel_size, kernel_size)
    return (weight.numel(), len(weight))
""",
    """
def conv_params(in_channels, out_channels, kernel_size):
    shape = (out_channels, in_channels, kernel_size, kernel_size)
    return int(np.prod(shape)), shape[0]
""",
]

RIGHT["conv2d-naive"] = [
    # Seven loops over single numbers.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    N, C, H, W = input.shape
    K, _, R, S = weight.shape
    out_h = (H - R + 2 * padding) // stride + 1
    out_w = (W - S + 2 * padding) // stride + 1
    output = torch.zeros(N, K, out_h, out_w)
    for n in range(N):
        for k in range(K):
            for i in range(out_h):
                for j in range(out_w):
                    total = 0.0 if bias is None else bias[k].item()
                    for c in range(C):
                        for r in range(R):
                            for s in range(S):
                                y, x = i * stride + r - padding, j * stride + s - padding
                                if 0 <= y < H and 0 <= x < W:
                                    total += (input[n, c, y, x] * weight[k, c, r, s]).item()
                    output[n, k, i, j] = total
    return output
""",
    # Loops over the kernel instead of over the image.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[2]
    rows = (padded.shape[2] - size) // stride + 1
    cols = (padded.shape[3] - size) // stride + 1
    output = input.new_zeros(input.shape[0], weight.shape[0], rows, cols)
    for dy in range(size):
        for dx in range(size):
            for c in range(input.shape[1]):
                window = padded[:, c, dy:, dx:][:, ::stride, ::stride][:, :rows, :cols]
                output += window[:, None] * weight[:, c, dy, dx].view(1, -1, 1, 1)
    if bias is not None:
        output += bias.view(1, -1, 1, 1)
    return output
""",
    # NumPy, and the padding by hand.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    x, w = input.numpy(), weight.numpy()
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    size = w.shape[-1]
    rows = (x.shape[2] - size) // stride + 1
    cols = (x.shape[3] - size) // stride + 1
    out = np.zeros((len(x), len(w), rows, cols), dtype=x.dtype)
    for n, image in enumerate(x):
        for k, kernel in enumerate(w):
            for i in range(rows):
                for j in range(cols):
                    patch = image[:, i * stride : i * stride + size, j * stride : j * stride + size]
                    out[n, k, i, j] = np.sum(patch * kernel)
            if bias is not None:
                out[n, k] += float(bias[k])
    return torch.from_numpy(out)
""",
    # A list of numbers, made a tensor at the end.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = torch.nn.ZeroPad2d(padding)(input)
    values = []
    tops = range(0, padded.shape[2] - size + 1, stride)
    lefts = range(0, padded.shape[3] - size + 1, stride)
    for image in padded:
        for k, kernel in enumerate(weight):
            for top in tops:
                for left in lefts:
                    value = (image[:, top : top + size, left : left + size] * kernel).sum()
                    values.append(value.item() + (0 if bias is None else bias[k].item()))
    return torch.tensor(values).reshape(len(input), len(weight), len(tops), len(lefts))
""",
]

RIGHT["colleagues-convolution"] = [
    # By the definition, with loops.
    """
def colleagues_convolution(image, kernel):
    size = len(kernel)
    rows, cols = image.shape[0] - size + 1, image.shape[1] - size + 1
    result = torch.zeros(rows, cols)
    for i in range(rows):
        for j in range(cols):
            for u in range(size):
                for v in range(size):
                    result[i, j] += image[i + size - 1 - u, j + size - 1 - v] * kernel[u, v]
    return result
""",
    # Half a turn, and the course's own layer.
    """
def colleagues_convolution(image, kernel):
    turned = torch.rot90(kernel, 2)
    return functional.conv2d(image[None, None], turned[None, None]).squeeze(0).squeeze(0)
""",
    # SciPy knows it by name.
    """
from scipy import signal

def colleagues_convolution(image, kernel):
    return torch.from_numpy(signal.convolve2d(image.numpy(), kernel.numpy(), mode="valid"))
""",
    # Two one-dimensional reversals with NumPy and a view of all windows.
    """
def colleagues_convolution(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.numpy(), kernel.shape)
    return torch.tensor(np.einsum("hwij,ij->hw", windows, kernel.numpy()[::-1, ::-1]))
""",
    # A transposed convolution is the full true convolution: cut its middle out.
    """
def colleagues_convolution(image, kernel):
    cut = len(kernel) - 1
    full = F.conv_transpose2d(image[None, None], kernel[None, None])[0, 0]
    return full[cut : full.shape[0] - cut, cut : full.shape[1] - cut]
""",
]

RIGHT["im2col"] = [
    # Views of the windows, put in order.
    """
def im2col(input, kernel_size, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.permute(0, 1, 4, 5, 2, 3).flatten(4).flatten(1, 3)
""",
    # An index of all pixels.
    """
def im2col(input, kernel_size, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    tops = torch.arange(0, padded.shape[2] - kernel_size + 1, stride, device=input.device)
    lefts = torch.arange(0, padded.shape[3] - kernel_size + 1, stride, device=input.device)
    steps = torch.arange(kernel_size, device=input.device)
    y = (steps[:, None] + tops).view(kernel_size, 1, -1, 1)
    x = (steps[:, None] + lefts).view(1, kernel_size, 1, -1)
    return padded[:, :, y, x].reshape(len(input), -1, len(tops) * len(lefts))
""",
    # One window after the other.
    """
def im2col(input, kernel_size, stride=1, padding=0):
    padded = F.pad(input, (padding, padding, padding, padding))
    tops = range(0, padded.shape[2] - kernel_size + 1, stride)
    lefts = range(0, padded.shape[3] - kernel_size + 1, stride)
    columns = [
        padded[:, :, i : i + kernel_size, j : j + kernel_size].flatten(1)
        for i in tops
        for j in lefts
    ]
    return torch.stack(columns, dim=2)
""",
    # Strides by hand.
    """
def im2col(input, kernel_size, stride=1, padding=0):
    x = F.pad(input, (padding,) * 4).contiguous()
    rows, cols = [(side - kernel_size) // stride + 1 for side in x.shape[2:]]
    n, c, h, w = x.stride()
    shape = (*x.shape[:2], kernel_size, kernel_size, rows, cols)
    windows = x.as_strided(shape, (n, c, h, w, h * stride, w * stride))
    return windows.reshape(len(x), -1, rows * cols)
""",
    # The rows of the matrix one by one: each is the image, shifted.
    """
def im2col(input, kernel_size, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    last = kernel_size - 1
    matrix = []
    for c in range(input.shape[1]):
        for u in range(kernel_size):
            for v in range(kernel_size):
                height, width = padded.shape[2] - last + u, padded.shape[3] - last + v
                matrix.append(padded[:, c, u:height:stride, v:width:stride].flatten(1))
    return torch.stack(matrix, dim=1)
""",
]

RIGHT["conv2d-vectorised"] = [
    # The student's own im2col, or the one on loan.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    columns = mine.im2col(input, weight.shape[-1], stride, padding)
    output = weight.flatten(1) @ columns
    if bias is not None:
        output = output + bias[:, None]
    rows = (input.shape[2] + 2 * padding - weight.shape[-1]) // stride + 1
    return output.unflatten(2, (rows, -1))
""",
    # F.unfold and one product of matrices.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    N, _, H, W = input.shape
    K, _, size, _ = weight.shape
    columns = F.unfold(input, size, padding=padding, stride=stride)
    output = weight.flatten(1) @ columns
    if bias is not None:
        output = output + bias[:, None]
    rows = (H + 2 * padding - size) // stride + 1
    cols = (W + 2 * padding - size) // stride + 1
    return output.view(N, K, rows, cols)
""",
    # Views of the patches and einsum.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding,) * 4)
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    output = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return output if bias is None else output + bias.reshape(-1, 1, 1)
""",
    # as_strided and tensordot.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    x = F.pad(input, (padding,) * 4).contiguous()
    size = weight.shape[-1]
    rows = (x.shape[2] - size) // stride + 1
    cols = (x.shape[3] - size) // stride + 1
    n, c, h, w = x.stride()
    patches = x.as_strided(
        (x.shape[0], rows, cols, x.shape[1], size, size), (n, h * stride, w * stride, c, h, w)
    )
    output = torch.tensordot(patches, weight, dims=([3, 4, 5], [1, 2, 3])).permute(0, 3, 1, 2)
    return output if bias is None else output + bias.view(1, -1, 1, 1)
""",
    # Sum of shifted images: no loop over pixels, one over the kernel.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[-1]
    rows = (padded.shape[2] - size) // stride + 1
    cols = (padded.shape[3] - size) // stride + 1
    output = 0
    for i in range(size):
        for j in range(size):
            shifted = padded[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride]
            output = output + torch.einsum("nchw,kc->nkhw", shifted, weight[:, :, i, j])
    return output if bias is None else output + bias[:, None, None]
""",
    # An index of all patches, and torch.nn.functional.linear.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[-1]
    rows = torch.arange(0, padded.shape[2] - size + 1, stride, device=input.device)
    cols = torch.arange(0, padded.shape[3] - size + 1, stride, device=input.device)
    steps = torch.arange(size, device=input.device)
    y = (rows[:, None] + steps)[:, None, :, None]
    x = (cols[:, None] + steps)[None, :, None, :]
    patches = padded[:, :, y, x].permute(0, 2, 3, 1, 4, 5).flatten(3)
    return F.linear(patches, weight.flatten(1), bias).permute(0, 3, 1, 2)
""",
]
