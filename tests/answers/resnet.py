"""Right answers to lesson 7 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["residual-block"] = [
    """
def residual_block(input, weight1, weight2):
    branch = F.conv2d(torch.clamp(F.conv2d(input, weight1, None, 1, 1), min=0), weight2, None, 1, 1)
    return torch.clamp(input + branch, min=0)
""",
    """
def residual_block(input, weight1, weight2):
    middle = functional.relu(functional.conv2d(input, weight1, padding=1))
    return functional.relu(functional.conv2d(middle, weight2, padding=1) + input)
""",
    """
def residual_block(input, weight1, weight2):
    output = input
    for weight in (weight1, weight2):
        last = weight is weight2
        output = F.conv2d(output, weight, padding=1) + (input if last else 0)
        output = output * (output > 0)
    return output
""",
]

RIGHT["residual-block-backward"] = [
    # With transposed convolutions and unfolded windows.
    """
def residual_block_backward(grad_output, input, weight1, weight2):
    def weight_gradient(grad, below):
        windows = F.unfold(below, 3, padding=1)
        products = torch.einsum("nkp,nwp->kw", grad.flatten(2), windows)
        return products.view(grad.shape[1], below.shape[1], 3, 3)

    hidden = F.conv2d(input, weight1, padding=1)
    middle = hidden.clamp(min=0)
    grad = torch.where(F.conv2d(middle, weight2, padding=1) + input > 0, grad_output, 0)
    grad_hidden = F.conv_transpose2d(grad, weight2, padding=1) * (hidden > 0)
    grad_input = grad + F.conv_transpose2d(grad_hidden, weight1, padding=1)
    return grad_input, weight_gradient(grad_hidden, input), weight_gradient(grad, middle)
""",
    # With the course's own ReLU backward.
    """
def residual_block_backward(grad_output, input, weight1, weight2):
    hidden = functional.conv2d(input, weight1, padding=1)
    middle = functional.relu(hidden)
    total = functional.conv2d(middle, weight2, padding=1) + input
    grad_total = functional.relu_backward(grad_output, total)
    back2 = functional.conv2d_backward(grad_total, middle, weight2, padding=1)
    back1 = functional.conv2d_backward(
        functional.relu_backward(back2[0], hidden), input, weight1, padding=1
    )
    return back1[0] + grad_total, back1[1], back2[1]
""",
    # The mask from the block's output: it is positive where its ReLU was open.
    """
def residual_block_backward(grad_output, input, weight1, weight2):
    middle = F.relu(F.conv2d(input, weight1, padding=1))
    output = F.relu(F.conv2d(middle, weight2, padding=1) + input)
    grad = grad_output.clone()
    grad[output == 0] = 0
    grad_middle, grad_weight2, _ = functional.conv2d_backward(grad, middle, weight2, 1, 1)
    grad_middle[middle == 0] = 0
    grad_input, grad_weight1, _ = functional.conv2d_backward(grad_middle, input, weight1, 1, 1)
    return grad_input.add(grad), grad_weight1, grad_weight2
""",
]

RIGHT["block-gradients"] = [
    """
def block_gradients(slopes, residual):
    gradients, total = [], 1
    for slope in reversed(slopes):
        total = total * (slope + 1 if residual else slope)
        gradients.append(total)
    return torch.stack(gradients[::-1])
""",
    """
def block_gradients(slopes, residual):
    factors = slopes + int(residual)
    return torch.stack([factors[place:].prod() for place in range(len(factors))])
""",
    """
def block_gradients(slopes, residual):
    result = slopes.clone()
    if residual:
        result += 1
    for place in range(len(result) - 2, -1, -1):
        result[place] *= result[place + 1]
    return result
""",
]

RIGHT["unrolled"] = [
    """
def unrolled(f, g, h, x):
    return f(g(h(x) + x) + h(x) + x) + g(h(x) + x) + h(x) + x
""",
    """
def unrolled(f, g, h, x):
    for branch in (h, g, f):
        x = x + branch(x)
    return x
""",
    """
def unrolled(f, g, h, x):
    def block(branch, below):
        return branch(below) + below

    return block(f, block(g, block(h, x)))
""",
]

RIGHT["path-lengths"] = [
    # Pascal's triangle: a further block doubles the paths.
    """
def path_lengths(blocks):
    counts = [1]
    for _ in range(blocks):
        counts = [a + b for a, b in zip([*counts, 0], [0, *counts])]
    return counts
""",
    """
def path_lengths(blocks):
    counts = [1]
    for length in range(blocks):
        counts.append(counts[-1] * (blocks - length) // (length + 1))
    return counts
""",
    """
def path_lengths(blocks):
    top = math.factorial(blocks)
    lengths = range(blocks + 1)
    return [top // math.factorial(k) // math.factorial(blocks - k) for k in lengths]
""",
]

RIGHT["shortcut-a"] = [
    """
def shortcut_a(input, filters, stride):
    thinned = input[..., ::stride, ::stride]
    return F.pad(thinned, (0, 0, 0, 0, 0, filters - input.shape[1]))
""",
    """
def shortcut_a(input, filters, stride):
    images, channels, height, width = input.shape
    rows, columns = -(-height // stride), -(-width // stride)
    output = input.new_zeros(images, filters, rows, columns)
    output[:, :channels] = input[:, :, ::stride, ::stride]
    return output
""",
    # Max pooling with a window of one pixel leaves the others out.
    """
def shortcut_a(input, filters, stride):
    kept = F.max_pool2d(input, 1, stride)
    zeros = torch.zeros_like(kept[:, :1]).repeat(1, filters - kept.shape[1], 1, 1)
    return torch.cat((kept, zeros), dim=1)
""",
]

RIGHT["projection"] = [
    """
def projection(input, weight, stride):
    pixels = input[:, :, ::stride, ::stride].permute(0, 2, 3, 1)
    return (pixels @ weight.T).permute(0, 3, 1, 2)
""",
    """
def projection(input, weight, stride):
    thinned = input[:, :, ::stride, ::stride]
    output = weight @ thinned.flatten(2)
    return output.view(len(input), len(weight), *thinned.shape[2:])
""",
    """
def projection(input, weight, stride):
    kept = input[:, None, :, ::stride, ::stride]
    return (weight[None, :, :, None, None] * kept).sum(2)
""",
]

RIGHT["shortcut-weights"] = [
    """
def shortcut_weights(option, blocks):
    if option == "A":
        return 0
    kept = [x for x in blocks if option == "C" or x[0] != x[1] or x[2] > 1]
    return sum(channels * filters for channels, filters, stride in kept)
""",
    """
def shortcut_weights(option, blocks):
    everywhere = sum(c * k for c, k, _ in blocks)
    unchanged = sum(c * k for c, k, stride in blocks if (c, stride) == (k, 1))
    return {"A": 0, "B": everywhere - unchanged, "C": everywhere}[option]
""",
    """
def shortcut_weights(option, blocks):
    table = np.array(blocks)
    chosen = (table[:, 0] != table[:, 1]) | (table[:, 2] != 1)
    chosen = {"A": chosen & False, "B": chosen, "C": chosen | True}[option]
    return (table[:, 0] * table[:, 1])[chosen].sum()
""",
]

RIGHT["bottleneck"] = [
    """
def bottleneck(input, reduce, middle, expand):
    small = torch.einsum("nchw,mc->nmhw", input, reduce[:, :, 0, 0]).relu()
    small = F.conv2d(small, middle, padding="same").relu()
    return (torch.einsum("nmhw,cm->nchw", small, expand[:, :, 0, 0]) + input).relu()
""",
    """
def bottleneck(input, reduce, middle, expand):
    output = input
    for weight in (reduce, middle):
        output = functional.conv2d(output, weight, padding=weight.shape[-1] // 2)
        output = functional.relu(output)
    return functional.relu(functional.conv2d(output, expand) + input)
""",
    """
def bottleneck(input, reduce, middle, expand):
    branch = input
    for place, weight in enumerate((reduce, middle, expand)):
        branch = F.conv2d(branch, weight, padding=int(place == 1))
        if place < 2:
            branch = branch.clamp(min=0)
    return (branch + input).clamp(min=0)
""",
]

RIGHT["bottleneck-weights"] = [
    "bottleneck_weights = 69632\n",
    "bottleneck_weights = 2 * 64 * 256 + 9 * 64**2\n",
    """
shapes = [(64, 256, 1, 1), (64, 64, 3, 3), (256, 64, 1, 1)]
bottleneck_weights = sum(math.prod(shape) for shape in shapes)
""",
]

RIGHT["resnet-convs"] = [
    # One function for each kind of block.
    """
def resnet_convs(counts, bottleneck):
    def basic(channels, filters, stride):
        return [(filters, channels, 3, stride), (filters, filters, 3, 1)]

    def narrow(channels, filters, stride):
        squeezed = [(filters, channels, 1, stride), (filters, filters, 3, 1)]
        return [*squeezed, (4 * filters, filters, 1, 1)]

    convs, channels = [(64, 3, 7, 2)], 64
    for filters, count, first in zip((64, 128, 256, 512), counts, (1, 2, 2, 2)):
        for stride in [first] + [1] * (count - 1):
            block = (narrow if bottleneck else basic)(channels, filters, stride)
            out = block[-1][0]
            convs += block
            if (channels, stride) != (out, 1):
                convs.append((out, channels, 1, stride))
            channels = out
    return convs
""",
    # Only the first block of a stage is special.
    """
def resnet_convs(counts, bottleneck):
    layers, channels, factor = [(64, 3, 7, 2)], 64, 4 if bottleneck else 1
    for stage in range(len(counts)):
        filters, stride = 64 << stage, min(stage, 1) + 1
        out = factor * filters
        for block in range(counts[stage]):
            sizes = [1, 3, 1] if bottleneck else [3, 3]
            widths = [channels, filters, filters][: len(sizes)]
            outs = [filters] * (len(sizes) - 1) + [out]
            steps = [stride] + [1] * (len(sizes) - 1)
            layers += zip(outs, widths, sizes, steps)
            if block == 0 and (stride == 2 or channels != out):
                layers += [(out, channels, 1, stride)]
            channels, stride = out, 1
    return layers
""",
    # A generator.
    """
def resnet_convs(counts, bottleneck):
    def layers():
        yield 64, 3, 7, 2
        channels = 64
        for stage, count in enumerate(counts):
            filters = 2 ** (6 + stage)
            for place in range(count):
                stride = 1 + (stage > 0 and place == 0)
                if bottleneck:
                    yield filters, channels, 1, stride
                    yield filters, filters, 3, 1
                    yield 4 * filters, filters, 1, 1
                    out = 4 * filters
                else:
                    yield filters, channels, 3, stride
                    yield filters, filters, 3, 1
                    out = filters
                if channels != out or stride > 1:
                    yield out, channels, 1, stride
                channels = out

    return list(layers())
""",
]

RIGHT["head-weights"] = [
    "head_weights = 2_048_000\n",
    "head_weights = 2048 * 1000\n",
    "head_weights = np.int64(64 * 2**3 * 4 * 1000)\n",
]
