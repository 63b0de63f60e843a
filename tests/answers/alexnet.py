"""Right answers to lesson 4 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["layer-table"] = [
    # With a helper for one line of windows.
    """
def layer_table(input_shape, layers):
    def places(length, kernel_size, stride, padding=0):
        return math.floor((length + 2 * padding - kernel_size) / stride) + 1

    shape, rows = tuple(input_shape), []
    for layer in layers:
        if layer[0] == "conv":
            _, filters, size, stride, padding, groups = layer
            count = filters * (size * size * shape[0] // groups + 1)
            shape = (filters, *(places(x, size, stride, padding) for x in shape[1:]))
        elif layer[0] == "pool":
            count = 0
            shape = (shape[0], *(places(x, *layer[1:]) for x in shape[1:]))
        else:
            count = layer[1] * (math.prod(shape) + 1)
            shape = (layer[1], 1, 1)
        rows.append((*shape, count))
    return rows
""",
    # Windows, counted one by one; rows as lists.
    """
def layer_table(input_shape, layers):
    def places(length, size, stride):
        return len(range(0, length - size + 1, stride))

    c, h, w = input_shape
    table = []
    for kind, *n in layers:
        p = 0
        if kind == "conv":
            p = n[1] ** 2 * (c // n[4]) * n[0] + n[0]
            c, h, w = n[0], places(h + 2 * n[3], n[1], n[2]), places(w + 2 * n[3], n[1], n[2])
        if kind == "pool":
            h, w = places(h, *n), places(w, *n)
        if kind == "linear":
            p, (c, h, w) = (c * h * w + 1) * n[0], (n[0], 1, 1)
        table.append([c, h, w, p])
    return table
""",
    # Tensors without numbers, and weights counted as tensors.
    """
def layer_table(input_shape, layers):
    x, rows = torch.zeros(1, *input_shape), []
    for kind, *n in layers:
        if kind == "conv":
            weight = torch.zeros(n[0], x.shape[1] // n[4], n[1], n[1])
            x = F.conv2d(x, weight, stride=n[2], padding=n[3], groups=n[4])
            count = weight.numel() + n[0]
        elif kind == "pool":
            x, count = F.max_pool2d(x, *n), 0
        else:
            count = x.numel() * n[0] + n[0]
            x = torch.zeros(1, n[0], 1, 1)
        rows.append((*x.shape[1:], count))
    return rows
""",
]

RIGHT["wrong-numbers"] = [
    "wrong_numbers = [224, 253440]\n",
    "wrong_numbers = (253_440, 224)\n",
    "wrong_numbers = [55 * 48 * 96, 227 - 3]\n",
]

RIGHT["largest-batch"] = [
    """
def largest_batch(parameters, activations, memory):
    room = memory // 4 - 3 * parameters
    return 0 if room < 0 else room // (2 * activations)
""",
    """
def largest_batch(parameters, activations, memory):
    left = memory - 12 * parameters
    if left < 8 * activations:
        return 0
    return int(math.floor(left / (8 * activations)))
""",
    """
def largest_batch(parameters, activations, memory):
    low, high = 0, memory
    while low < high:
        middle = (low + high + 1) // 2
        if 4 * (3 * parameters + 2 * activations * middle) <= memory:
            low = middle
        else:
            high = middle - 1
    return low
""",
]

RIGHT["wrong-layer"] = [
    "wrong_layer = 6\n",
    "wrong_layer = torch.tensor(6)\n",
    """
from utils import faulty

x = torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(1))
alone, together = x[:1], x
for wrong_layer, layer in enumerate(faulty.colleagues_alexnet()):
    with torch.no_grad():
        alone, together = layer(alone), layer(together)
    if (alone[0] - together[0]).abs().max() > 1e-4:
        break
""",
]

RIGHT["grouped-conv2d"] = [
    # Slices, written out.
    """
def grouped_conv2d(input, weight, bias, groups):
    depth, filters = input.shape[1] // groups, len(weight) // groups
    outputs = []
    for g in range(groups):
        channels = slice(g * depth, (g + 1) * depth)
        some = slice(g * filters, (g + 1) * filters)
        outputs.append(F.conv2d(input[:, channels], weight[some], bias[some]))
    return torch.cat(outputs, 1)
""",
    # One ordinary convolution, with zeros where a filter may not look.
    """
def grouped_conv2d(input, weight, bias, groups):
    filters, depth = weight.shape[:2]
    full = weight.new_zeros(filters, depth * groups, *weight.shape[2:])
    for k in range(filters):
        g = k // (filters // groups)
        full[k, g * depth : (g + 1) * depth] = weight[k]
    return F.conv2d(input, full, bias)
""",
    # Windows and one einsum.
    """
def grouped_conv2d(input, weight, bias, groups):
    size = weight.shape[-1]
    windows = input.unfold(2, size, 1).unfold(3, size, 1).unflatten(1, (groups, -1))
    filters = weight.unflatten(0, (groups, -1))
    output = torch.einsum("ngchwuv,gkcuv->ngkhw", windows, filters).flatten(1, 2)
    return output + bias[:, None, None]
""",
]

RIGHT["dropout-forward"] = [
    """
def dropout_forward(input, keep, p):
    return torch.where(keep.bool(), input / (1 - p), torch.zeros_like(input))
""",
    """
def dropout_forward(input, keep, p):
    scale = 1 / (1 - p)
    return (input * scale) * keep
""",
    """
def dropout_forward(input, keep, p):
    output = input.clone()
    output[keep == 0] = 0
    return output.div(1 - p)
""",
]

RIGHT["dropout-backward"] = [
    """
def dropout_backward(grad_output, keep, p):
    return keep / (1 - p) * grad_output
""",
    """
def dropout_backward(grad_output, keep, p):
    gradient = grad_output.clone() / (1 - p)
    gradient[keep == 0] = 0
    return gradient
""",
    """
def dropout_backward(grad_output, keep, p):
    return dropout_forward(grad_output, keep, p)


def dropout_forward(input, keep, p):
    return input * keep / (1 - p)
""",
]


RIGHT["momentum-step"] = [
    """
def momentum_step(weight, grad, velocity, lr, momentum, weight_decay):
    step = grad + weight_decay * weight
    new_velocity = velocity * momentum + step
    new_weight = weight - new_velocity * lr
    return new_weight, new_velocity
""",
    """
def momentum_step(weight, grad, velocity, lr, momentum, weight_decay):
    velocity = velocity.clone().mul_(momentum).add_(grad).add_(weight, alpha=weight_decay)
    return weight.add(velocity, alpha=-lr), velocity
""",
    """
def momentum_step(weight, grad, velocity, lr, momentum, weight_decay):
    full = torch.add(grad, weight, alpha=weight_decay)
    full = torch.add(full, velocity, alpha=momentum)
    return (weight - lr * full, full)
""",
]

RIGHT["crop-and-mirror"] = [
    # First all windows, then the mirror images.
    """
def crop_and_mirror(images, top, left, mirrored, size):
    n, channels = images.shape[:2]
    output = images.new_empty(n, channels, size, size)
    for i in range(n):
        output[i] = images[i, :, top[i] : top[i] + size, left[i] : left[i] + size]
    for i in range(n):
        if mirrored[i]:
            output[i] = output[i].flip(-1)
    return output
""",
    # By lists of rows and columns; a mirrored window takes its columns from right to left.
    """
def crop_and_mirror(images, top, left, mirrored, size):
    parts = []
    for image, i, j, flip in zip(images, top, left, mirrored):
        columns = list(range(j, j + size))
        if flip:
            columns.reverse()
        parts.append(image[:, list(range(i, i + size))][:, :, columns][None])
    return torch.cat(parts)
""",
    # All images at once.
    """
def crop_and_mirror(images, top, left, mirrored, size):
    where = images.device
    steps = torch.arange(size, device=where)
    rows = torch.tensor(top, device=where)[:, None] + steps
    columns = torch.tensor(left, device=where)[:, None] + steps
    turned = torch.tensor(mirrored, device=where)[:, None]
    columns = torch.where(turned, columns.flip(1), columns)
    n = torch.arange(len(images), device=where)[:, None, None, None]
    c = torch.arange(images.shape[1], device=where)[:, None, None]
    return images[n, c, rows[:, None, :, None], columns[:, None, None, :]]
""",
]
