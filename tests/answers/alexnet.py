"""Right answers to lesson 4 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["alexnet-conv1-volume"] = [
    "alexnet_conv1_volume = [55, 55, 96]\n",
    "alexnet_conv1_volume = (55, 55, 96)\n",
    "alexnet_conv1_volume = [sizing.conv_output_size(227, 11, 4)] * 2 + [96]\n",
]

RIGHT["alexnet-conv1-weights"] = [
    "alexnet_conv1_weights = 34848\n",
    "alexnet_conv1_weights = 34_944 - 96\n",
    "alexnet_conv1_weights = np.prod([11, 11, 3, 96])\n",
]

RIGHT["sizes-that-divide"] = [
    "sizes_that_divide = [2, 4]\n",
    "sizes_that_divide = [4, 2]\n",
    """
sizes_that_divide = []
for number, (width, padding) in enumerate([(224, 0), (227, 0), (224, 2), (223, 0), (224, 1)], 1):
    if float((width - 11 + 2 * padding) / 4 + 1).is_integer():
        sizes_that_divide.append(number)
""",
]

RIGHT["alexnet-pool1-volume"] = [
    "alexnet_pool1_volume = [27, 27, 96]\n",
    "alexnet_pool1_volume = [55 // 2, 55 // 2, 96]\n",
    "alexnet_pool1_volume = [*F.max_pool2d(torch.zeros(96, 55, 55), 2, 2).shape[1:], 96]\n",
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

RIGHT["grouped-conv-weights"] = [
    """
def grouped_conv_weights(in_channels, out_channels, kernel_size, groups):
    return in_channels * out_channels * kernel_size**2 // groups
""",
    """
def grouped_conv_weights(in_channels, out_channels, kernel_size, groups):
    total = 0
    for _ in range(groups):
        total += (out_channels // groups) * (in_channels // groups) * kernel_size * kernel_size
    return total
""",
    """
def grouped_conv_weights(in_channels, out_channels, kernel_size, groups):
    return torch.empty(out_channels, in_channels // groups, kernel_size, kernel_size).numel()
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

RIGHT["response-norm"] = [
    # Shifted slices, added up.
    """
def response_norm(input, n, k, alpha, beta):
    channels, half = input.shape[1], n // 2
    squares = F.pad(input.square(), (0, 0, 0, 0, half, half))
    total = sum(squares[:, shift : shift + channels] for shift in range(n))
    return input * (k + alpha * total).pow(-beta)
""",
    # Channel by channel.
    """
def response_norm(input, n, k, alpha, beta):
    output = torch.empty_like(input)
    for i in range(input.shape[1]):
        near = input[:, max(0, i - n // 2) : i + n // 2 + 1]
        output[:, i] = input[:, i] / (k + alpha * (near * near).sum(1)) ** beta
    return output
""",
    # Differences of cumulative sums.
    """
def response_norm(input, n, k, alpha, beta):
    half, channels = n // 2, input.shape[1]
    sums = F.pad((input.double() ** 2).cumsum(1), (0, 0, 0, 0, 1, 0))
    ends = torch.tensor([min(i + half + 1, channels) for i in range(channels)], device=input.device)
    starts = torch.tensor([max(i - half, 0) for i in range(channels)], device=input.device)
    total = (sums[:, ends] - sums[:, starts]).to(input.dtype)
    return input / (k + alpha * total) ** beta
""",
]

RIGHT["shift-colours"] = [
    """
def shift_colours(images, eigenvalues, eigenvectors, alpha):
    shift = torch.einsum("ci,ni->nc", eigenvectors, alpha * eigenvalues)
    return images + shift[..., None, None]
""",
    """
def shift_colours(images, eigenvalues, eigenvectors, alpha):
    output = images.clone()
    for n in range(len(images)):
        for i in range(3):
            colour = alpha[n, i] * eigenvalues[i] * eigenvectors[:, i]
            output[n] += colour.reshape(3, 1, 1)
    return output
""",
    """
def shift_colours(images, eigenvalues, eigenvectors, alpha):
    scaled = eigenvectors @ torch.diag(eigenvalues)
    return images + (scaled @ alpha.T).T.reshape(len(images), 3, 1, 1)
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
