"""Right answers to lesson 3 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["max-pool2d"] = [
    # One place after the other.
    """
def max_pool2d(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding, padding, padding, padding), value=-math.inf)
    rows = (padded.shape[2] - kernel_size) // stride + 1
    columns = (padded.shape[3] - kernel_size) // stride + 1
    output = input.new_empty(*input.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = padded[:, :, top : top + kernel_size, left : left + kernel_size]
            output[:, :, i, j] = window.amax(dim=(2, 3))
    return output
""",
    # A running maximum over shifted slices.
    """
def max_pool2d(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    rows = (padded.shape[2] - kernel_size) // stride + 1
    columns = (padded.shape[3] - kernel_size) // stride + 1
    best = None
    for u in range(kernel_size):
        for v in range(kernel_size):
            part = padded[:, :, u : u + (rows - 1) * stride + 1 : stride]
            part = part[:, :, :, v : v + (columns - 1) * stride + 1 : stride]
            best = part if best is None else torch.maximum(best, part)
    return best
""",
    # Rows first, then columns.
    """
def max_pool2d(input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    return padded.unfold(2, kernel_size, stride).amax(-1).unfold(3, kernel_size, stride).amax(-1)
""",
    # F.unfold, in float64, and back.
    """
def max_pool2d(input, kernel_size, stride, padding=0):
    low = torch.finfo(input.dtype).min
    padded = F.pad(input, (padding,) * 4, value=low)
    images, channels, height, width = padded.shape
    columns = F.unfold(padded.reshape(-1, 1, height, width), kernel_size, stride=stride)
    rows = (height - kernel_size) // stride + 1
    return columns.max(dim=1).values.reshape(images, channels, rows, -1)
""",
]

RIGHT["max-pool2d-backward"] = [
    # Plain loops over everything.
    """
def max_pool2d_backward(grad_output, input, kernel_size, stride, padding=0):
    images, channels, height, width = input.shape
    gradient = torch.zeros_like(input)
    for n in range(images):
        for c in range(channels):
            for i in range(grad_output.shape[2]):
                for j in range(grad_output.shape[3]):
                    best, place = -math.inf, None
                    for y in range(i * stride - padding, i * stride - padding + kernel_size):
                        for x in range(j * stride - padding, j * stride - padding + kernel_size):
                            if 0 <= y < height and 0 <= x < width and input[n, c, y, x] > best:
                                best, place = input[n, c, y, x], (y, x)
                    gradient[n, c, place[0], place[1]] += grad_output[n, c, i, j]
    return gradient
""",
    # Unfolded windows, and fold to add them up.
    """
def max_pool2d_backward(grad_output, input, kernel_size, stride, padding=0):
    images, channels, height, width = input.shape
    low = torch.finfo(input.dtype).min
    padded = F.pad(input, (padding,) * 4, value=low)
    padded = padded.reshape(images * channels, 1, height + 2 * padding, -1)
    windows = F.unfold(padded, kernel_size, stride=stride)
    winners = torch.zeros_like(windows).scatter(1, windows.argmax(1, keepdim=True), 1.0)
    share = winners * grad_output.reshape(images * channels, 1, -1)
    total = F.fold(share, padded.shape[2:], kernel_size, stride=stride)
    total = total.reshape(images, channels, height + 2 * padding, -1)
    return total[:, :, padding : padding + height, padding : padding + width]
""",
    # What a winner takes is no longer there for those after it.
    """
def max_pool2d_backward(grad_output, input, kernel_size, stride, padding=0):
    padded = F.pad(input, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    best, left = windows.amax((-2, -1)), grad_output.clone()
    gradient = torch.zeros_like(padded)
    rows, columns = best.shape[2:]
    for u in range(kernel_size):
        for v in range(kernel_size):
            taken = torch.where(windows[..., u, v] == best, left, torch.zeros_like(left))
            target = gradient[:, :, u : u + (rows - 1) * stride + 1 : stride]
            target[:, :, :, v : v + (columns - 1) * stride + 1 : stride] += taken
            left = left - taken
    height, width = input.shape[2:]
    return gradient[:, :, padding : padding + height, padding : padding + width]
""",
]

RIGHT["avg-pool2d"] = [
    """
def avg_pool2d(input, kernel_size, stride):
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.sum((4, 5)) / (kernel_size * kernel_size)
""",
    """
def avg_pool2d(input, kernel_size, stride):
    rows = (input.shape[2] - kernel_size) // stride + 1
    columns = (input.shape[3] - kernel_size) // stride + 1
    output = input.new_zeros(*input.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = input[:, :, top : top + kernel_size, left : left + kernel_size]
            output[:, :, i, j] = window.mean(dim=(2, 3))
    return output
""",
    # A conv layer with equal weights, one group for each channel.
    """
def avg_pool2d(input, kernel_size, stride):
    channels = input.shape[1]
    weight = input.new_full((channels, 1, kernel_size, kernel_size), 1 / kernel_size**2)
    return F.conv2d(input, weight, stride=stride, groups=channels)
""",
    """
def avg_pool2d(input, kernel_size, stride):
    return input.unfold(2, kernel_size, stride).mean(-1).unfold(3, kernel_size, stride).mean(-1)
""",
]

RIGHT["avg-pool2d-backward"] = [
    """
def avg_pool2d_backward(grad_output, input, kernel_size, stride):
    gradient = torch.zeros_like(input)
    rows, columns = grad_output.shape[2:]
    for u in range(kernel_size):
        for v in range(kernel_size):
            target = gradient[:, :, u : u + (rows - 1) * stride + 1 : stride]
            target[:, :, :, v : v + (columns - 1) * stride + 1 : stride] += grad_output
    return gradient / kernel_size**2
""",
    # fold adds overlapping windows up.
    """
def avg_pool2d_backward(grad_output, input, kernel_size, stride):
    images, channels, height, width = input.shape
    share = (grad_output / kernel_size**2).reshape(images * channels, 1, -1)
    windows = share.expand(-1, kernel_size**2, -1)
    return F.fold(windows, (height, width), kernel_size, stride=stride).reshape(input.shape)
""",
    # The transposed conv layer with equal weights.
    """
def avg_pool2d_backward(grad_output, input, kernel_size, stride):
    channels, (height, width) = input.shape[1], input.shape[2:]
    weight = input.new_full((channels, 1, kernel_size, kernel_size), 1 / kernel_size**2)
    small = F.conv_transpose2d(grad_output, weight, stride=stride, groups=channels)
    return F.pad(small, (0, width - small.shape[3], 0, height - small.shape[2]))
""",
]

RIGHT["global-avg-pool2d"] = [
    """
def global_avg_pool2d(input):
    return input.flatten(2).mean(2)
""",
    """
def global_avg_pool2d(input):
    return input.sum(dim=(2, 3)) / (input.shape[2] * input.shape[3])
""",
    """
def global_avg_pool2d(input):
    images, channels, height, width = input.shape
    return torch.einsum("nchw->nc", input) / float(height * width)
""",
]

RIGHT["conv-multiply-adds"] = [
    """
def conv_multiply_adds(size, in_channels, out_channels, kernel_size):
    weights = in_channels * out_channels * kernel_size**2
    return weights * size**2
""",
    """
def conv_multiply_adds(size, in_channels, out_channels, kernel_size):
    return math.prod([size, size, in_channels, out_channels, kernel_size, kernel_size])
""",
    """
def conv_multiply_adds(size, in_channels, out_channels, kernel_size):
    total = 0
    for _ in range(out_channels):
        total += size * size * kernel_size * kernel_size * in_channels
    return np.int64(total)
""",
]
RIGHT["blur-pool2d"] = [
    # Nine shifted copies, added up.
    """
def blur_pool2d(input, stride):
    H, W = input.shape[2:]
    padded = F.pad(input, (1, 1, 1, 1), mode="replicate")
    total = torch.zeros_like(input)
    for i, down in enumerate((1, 2, 1)):
        for j, across in enumerate((1, 2, 1)):
            total = total + down * across * padded[:, :, i : i + H, j : j + W]
    return total[:, :, ::stride, ::stride] / 16
""",
    # Rows, then columns.
    """
def blur_pool2d(input, stride):
    padded = F.pad(input, (1, 1, 1, 1), mode="replicate")
    rows = (padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]) / 4
    both = (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
    return both[:, :, ::stride, ::stride]
""",
    # One group for each channel.
    """
def blur_pool2d(input, stride):
    C = input.shape[1]
    weight = torch.tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]]).to(input) / 16
    padded = F.pad(input, (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, weight.expand(C, 1, 3, 3), stride=stride, groups=C)
""",
]

RIGHT["wrong-gradients"] = [
    "wrong_gradients = [2, 4, 5]\n",
    "wrong_gradients = (5, 4, 2)\n",
    """
windows = [(2, 2), (3, 2), (3, 3), (3, 1), (4, 3), (2, 3)]
wrong_gradients = [n for n, (size, stride) in enumerate(windows, start=1) if stride < size]
""",
]
