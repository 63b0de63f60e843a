"""Right answers to lesson 8 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["fair-pairs"] = [
    """
fair_pairs = (6, 3, 2)
""",
    """
fair_pairs = list(np.array([2, 3, 6]))
""",
    """
fair_pairs = sorted({1, 2, 3, 4, 5, 6} - {1, 4, 5})
""",
]

RIGHT["inception"] = [
    # With layers of torch, and a helper.
    """
def conv(input, weight):
    return F.relu(F.conv2d(input, weight, padding=weight.shape[-1] // 2))


def inception(input, one, reduce3, three, reduce5, five, pooled):
    pool = conv(F.max_pool2d(input, 3, stride=1, padding=1), pooled)
    by3, by5 = conv(conv(input, reduce3), three), conv(conv(input, reduce5), five)
    return torch.cat([conv(input, one), by3, by5, pool], 1)
""",
    # The last ReLU over all at once; the same padding written as a word.
    """
def inception(input, one, reduce3, three, reduce5, five, pooled):
    branches = [
        F.conv2d(input, one),
        F.conv2d(F.conv2d(input, reduce3).relu(), three, padding="same"),
        F.conv2d(F.conv2d(input, reduce5).relu(), five, padding="same"),
        F.conv2d(mine.max_pool2d(input, 3, 1, 1), pooled),
    ]
    return torch.cat(branches, dim=1).clamp(min=0)
""",
    # Written into a tensor that was made first; the reductions as one layer.
    """
def inception(input, one, reduce3, three, reduce5, five, pooled):
    N, _, H, W = input.shape
    wide = [len(x) for x in (one, three, five, pooled)]
    output = input.new_empty(N, sum(wide), H, W)
    narrow = mine.relu(mine.conv2d(input, torch.cat([reduce3, reduce5])))
    inner3, inner5 = narrow[:, : len(reduce3)], narrow[:, len(reduce3) :]
    first, second, third, fourth = output.split(wide, dim=1)
    first[:] = mine.relu(mine.conv2d(input, one))
    second[:] = mine.relu(mine.conv2d(inner3, three, padding=1))
    third[:] = mine.relu(mine.conv2d(inner5, five, padding=2))
    padded = F.pad(input, (1, 1, 1, 1), value=-math.inf)
    highest = padded.unfold(2, 3, 1).unfold(3, 3, 1).amax((-1, -2))
    fourth[:] = mine.relu(mine.conv2d(highest, pooled))
    return output
""",
]

RIGHT["depthwise-conv2d"] = [
    # Windows as two more axes, and one product.
    """
def depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[2]
    padded = F.pad(input, (padding, padding, padding, padding))
    windows = padded.unfold(2, size, stride).unfold(3, size, stride)
    output = torch.einsum("nchwij,cij->nchw", windows, weight[:, 0])
    return output if bias is None else output + bias.view(-1, 1, 1)
""",
    # Place by place.
    """
def depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):
    N, C, H, W = input.shape
    size = weight.shape[2]
    padded = input.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    padded[:, :, padding : padding + H, padding : padding + W] = input
    rows, columns = ((side + 2 * padding - size) // stride + 1 for side in (H, W))
    output = input.new_empty(N, C, rows, columns)
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            window = padded[:, :, top : top + size, left : left + size]
            output[:, :, row, column] = (window * weight[:, 0]).sum((2, 3))
    if bias is not None:
        output += bias[None, :, None, None]
    return output
""",
    # Shifted copies of the whole image first, then every stride-th place of the sum.
    """
def depthwise_conv2d(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding,) * 4)
    rows, columns = (side - size + 1 for side in padded.shape[2:])
    total = torch.zeros_like(padded[:, :, :rows, :columns])
    for place in range(size * size):
        i, j = divmod(place, size)
        part = padded[:, :, i : i + rows, j : j + columns]
        total = total + weight[:, 0, i, j].reshape(1, -1, 1, 1) * part
    total = total[:, :, ::stride, ::stride]
    return total if bias is None else total + bias.reshape(1, -1, 1, 1)
""",
]

RIGHT["inverted-residual"] = [
    # With torch's functions.
    """
def inverted_residual(input, expand, depthwise, project, stride, padding):
    wide = input if expand is None else F.relu6(F.conv2d(input, *expand))
    wide = F.conv2d(F.pad(wide, padding), *depthwise, stride=stride, groups=wide.shape[1])
    narrow = F.conv2d(F.relu6(wide), *project)
    if narrow.shape == input.shape:
        narrow = narrow + input
    return narrow
""",
    # The 1x1 layers as products of matrices.
    """
def pointwise(input, layer):
    weight, bias = layer
    return torch.einsum("nchw,kc->nkhw", input, weight[:, :, 0, 0]) + bias[:, None, None]


def inverted_residual(input, expand, depthwise, project, stride, padding):
    hidden = input
    if expand is not None:
        hidden = pointwise(hidden, expand).clamp(0, 6)
    hidden = F.pad(hidden, padding)
    hidden = mine.depthwise_conv2d(hidden, depthwise[0], depthwise[1], stride)
    output = pointwise(hidden.clamp(0, 6), project)
    return output + input if stride == 1 and output.shape == input.shape else output
""",
    # The padding written out, the shortcut asked for by the number of channels and the places.
    """
def inverted_residual(input, expand, depthwise, project, stride, padding):
    left, right, top, bottom = padding
    (weight, bias), (narrow, narrow_bias) = depthwise, project
    output = input
    if expand is not None:
        output = torch.clamp(mine.conv2d(output, expand[0], bias=expand[1]), min=0, max=6)
    N, C, H, W = output.shape
    padded = output.new_zeros(N, C, top + H + bottom, left + W + right)
    padded[:, :, top : top + H, left : left + W] = output
    output = mine.depthwise_conv2d(padded, weight, bias=bias, stride=stride)
    output = torch.minimum(mine.relu(output), output.new_tensor(6))
    output = mine.conv2d(output, narrow, bias=narrow_bias)
    same = output.shape[1:] == input.shape[1:]
    return input + output if same else output
""",
]

RIGHT["same-padding"] = [
    """
def same_padding(kernel_size, stride):
    before = (kernel_size - stride) // 2
    return before, kernel_size - stride - before
""",
    """
def same_padding(kernel_size, stride):
    pixels = 8 * stride
    outputs = pixels // stride
    needed = (outputs - 1) * stride + kernel_size - pixels
    return needed // 2, math.ceil(needed / 2)
""",
    """
def same_padding(kernel_size, stride):
    zeros = [0, 0]
    for place in range(kernel_size - stride):
        zeros[1 - place % 2] += 1
    return tuple(zeros)
""",
]

RIGHT["class-map"] = [
    """
def class_map(features, weight, label):
    return torch.einsum("chw,c->hw", features, weight[label])
""",
    """
def class_map(features, weight, label):
    channels, height, width = features.shape
    return (weight[label] @ features.reshape(channels, -1)).reshape(height, width)
""",
    """
def class_map(features, weight, label):
    total = torch.zeros_like(features[0])
    for channel, map in enumerate(features):
        total = total + weight[label, channel] * map
    return total
""",
]

RIGHT["fold-batch-norm"] = [
    """
def fold_batch_norm(weight, running_mean, running_var, scale, shift, eps=1e-5):
    rate = torch.rsqrt(running_var + eps)
    folded = torch.einsum("kchw,k->kchw", weight, scale * rate)
    return folded, shift - running_mean * scale * rate
""",
    # Filter by filter.
    """
def fold_batch_norm(weight, running_mean, running_var, scale, shift, eps=1e-5):
    filters, biases = [], []
    for k in range(len(weight)):
        factor = scale[k] / (running_var[k] + eps) ** 0.5
        filters.append(weight[k] * factor)
        biases.append(shift[k] - running_mean[k] * factor)
    return torch.stack(filters), torch.stack(biases)
""",
    # What batch norm does to 0 is the bias.
    """
def fold_batch_norm(weight, running_mean, running_var, scale, shift, eps=1e-5):
    nothing = torch.zeros_like(running_mean)[None]
    bias = F.batch_norm(nothing, running_mean, running_var, scale, shift, eps=eps)[0]
    factor = (scale / torch.sqrt(running_var + eps)).view(-1, 1, 1, 1)
    return weight * factor, bias
""",
]

RIGHT["separable-weights"] = [
    """
def separable_weights(channels, filters, size):
    return channels * (size**2 + filters)
""",
    """
def separable_weights(channels, filters, size):
    with torch.device("meta"):
        depthwise, pointwise = torch.empty(channels, 1, size, size), torch.empty(filters, channels)
    return depthwise.numel() + pointwise.numel()
""",
    """
def separable_weights(channels, filters, size):
    shapes = [(channels, 1, size, size), (filters, channels, 1, 1)]
    return sum(math.prod(shape) for shape in shapes)
""",
]

RIGHT["design"] = [
    # A loop over a table, more channels, another schedule.
    """
recipe = {"rate": 0.05, "schedule": "linear"}


def design():
    layers, channels = [], 3
    for filters, stride, pool in [(10, 2, 0), (10, 1, 1), (20, 1, 0), (20, 1, 1), (40, 1, 0)]:
        layers.append(torch.nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False))
        layers += [torch.nn.BatchNorm2d(filters), torch.nn.ReLU()]
        layers += [torch.nn.MaxPool2d(2)] * pool
        channels = filters
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(40 * 16, 10))
""",
    # A class of its own, with functions between its layers.
    """
recipe = {}


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 8, 8, 16, 16, 32]
        pairs = list(zip(widths, widths[1:]))
        self.convs = torch.nn.ModuleList(
            [torch.nn.Conv2d(a, b, 3, 1 + (a == 3), 1, bias=False) for a, b in pairs]
        )
        self.norms = torch.nn.ModuleList([torch.nn.BatchNorm2d(b) for b in widths[1:]])
        self.head = torch.nn.Linear(32 * 16, 10)

    def forward(self, images):
        output = images
        for place, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            output = F.relu(norm(conv(output)))
            if place in (1, 3):
                output = F.max_pool2d(output, 2)
        return self.head(output.flatten(1))


design = Network
""",
    # The course's own layers.
    """
recipe = {"rate": 0.05}


def design():
    layers, channels = [], 3
    for filters, stride, pool in [(8, 2, 0), (8, 1, 1), (16, 1, 0), (16, 1, 1), (32, 1, 0)]:
        layers += [nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(filters), nn.ReLU()] + [nn.MaxPool2d(2, 2)] * pool
        channels = filters
    return torch.nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 16, 10))
""",
]
