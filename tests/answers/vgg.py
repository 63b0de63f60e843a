"""Right answers to lesson 5 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["field-sizes"] = [
    # The product of the strides below, anew for each layer.
    """
import math


def field_sizes(layers):
    strides = [stride for _, stride in layers]
    grown = [(kernel - 1) * math.prod(strides[:n]) for n, (kernel, _) in enumerate(layers)]
    return [1 + sum(grown[: n + 1]) for n in range(len(layers))]
""",
    # From the top down: r units see (r - 1) S + F below.
    """
def field_sizes(layers):
    sizes = []
    for top in range(1, len(layers) + 1):
        size = 1
        for kernel, stride in reversed(layers[:top]):
            size = (size - 1) * stride + kernel
        sizes.append(size)
    return sizes
""",
    """
def field_sizes(layers):
    kernels, strides = zip(*layers)
    jumps = np.cumprod([1, *strides[:-1]])
    return list(1 + np.cumsum((np.array(kernels) - 1) * jumps))
""",
]

RIGHT["layers-for-eleven"] = [
    "layers_for_eleven = 5\n",
    """
layers_for_eleven = 1
while 1 + 2 * layers_for_eleven < 11:
    layers_for_eleven += 1
""",
    "layers_for_eleven = np.int64(1 + (11 - 3) // 2)\n",
]

RIGHT["middle-gradient"] = [
    # torch.autograd.grad instead of backward.
    """
def middle_gradient(input, weight):
    image = input.detach().requires_grad_()
    output = image
    for filters in weight:
        output = F.conv2d(output, filters, padding=1).relu()
    height, width = input.shape[2:]
    return torch.autograd.grad(output[0, :, height // 2, width // 2].sum(), image)[0]
""",
    # The chain rule by hand.
    """
def middle_gradient(input, weight):
    outputs = [input]
    for filters in weight:
        outputs.append(F.relu(F.conv2d(outputs[-1], filters, padding=1)))
    gradient = torch.zeros_like(input)
    gradient[:, :, input.shape[2] // 2, input.shape[3] // 2] = 1
    for filters, output in zip(reversed(list(weight)), reversed(outputs[1:])):
        gradient = F.conv_transpose2d(gradient * (output > 0), filters, padding=1)
    return gradient
""",
    # A function, and its vector-Jacobian product.
    """
def middle_gradient(input, weight):
    def middle(image):
        for filters in weight:
            image = F.relu(F.conv2d(image, filters, padding=1))
        return image[:, :, image.shape[2] // 2, image.shape[3] // 2].sum()

    return torch.autograd.functional.vjp(middle, input)[1]
""",
    # ReLU as a clamp, whose slope at exactly 0 is another one in torch; both are right.
    """
def middle_gradient(input, weight):
    image = input.clone().requires_grad_()
    output = image
    for filters in weight:
        output = F.conv2d(output, filters, padding=1).clamp(min=0)
    middle = output[:, :, output.shape[2] // 2, output.shape[3] // 2]
    return torch.autograd.grad(middle.sum(), image)[0]
""",
]

RIGHT["stack-weights"] = [
    """
def stack_weights(layers, kernel_size, depth):
    return layers * (kernel_size * depth) ** 2
""",
    """
def stack_weights(layers, kernel_size, depth):
    return sum(kernel_size**2 * depth * depth for _ in range(layers))
""",
    """
def stack_weights(layers, kernel_size, depth):
    return torch.empty(layers, depth, depth, kernel_size, kernel_size, device="meta").numel()
""",
]

RIGHT["nonlinearities"] = [
    "nonlinearities = (1, 3)\n",
    "nonlinearities = [3, 1]\n",
    "nonlinearities = [len(x) for x in ([7], [3, 3, 3])]\n",
]

RIGHT["stack-costs"] = [
    """
def stack_costs(layers, kernel_size, depth, size):
    outputs = layers * depth * size**2
    return outputs * kernel_size**2 * depth, outputs
""",
    """
def stack_costs(layers, kernel_size, depth, size):
    multiply_adds = outputs = 0
    for _ in range(layers):
        outputs += depth * size * size
        multiply_adds += depth * size * size * depth * kernel_size * kernel_size
    return (multiply_adds, outputs)
""",
    """
def stack_costs(layers, kernel_size, depth, size):
    pixels = int(np.prod([size, size]))
    return layers * (kernel_size * depth) ** 2 * pixels, layers * depth * pixels
""",
]

RIGHT["compose-filters"] = [
    # F.conv2d with the second filter turned round.
    """
def compose_filters(first, second):
    turned = torch.rot90(second, 2)[None, None]
    return F.conv2d(first[None, None], turned, padding=len(second) - 1)[0, 0]
""",
    # A transposed convolution does just this.
    """
def compose_filters(first, second):
    return F.conv_transpose2d(first[None, None], second[None, None])[0, 0]
""",
    # Product of polynomials, by the Fourier transform.
    """
def compose_filters(first, second):
    side = (len(first) + len(second) - 1,) * 2
    product = torch.fft.rfft2(first, side) * torch.fft.rfft2(second, side)
    return torch.fft.irfft2(product, side)
""",
    # What a single bright pixel gives.
    """
def compose_filters(first, second):
    side = len(first) + len(second) - 1
    dot = first.new_zeros(1, 1, 2 * side - 1, 2 * side - 1)
    dot[0, 0, side - 1, side - 1] = 1
    answer = F.conv2d(F.conv2d(dot, first[None, None]), second[None, None])[0, 0]
    return answer.flip(0, 1)
""",
]

RIGHT["free-numbers"] = [
    "free_numbers = 25\n",
    "free_numbers = 9 + 8 + 8\n",
    "free_numbers = torch.tensor(27 - 2)\n",
]

RIGHT["conv1x1"] = [
    # A matrix product over the flattened pixels.
    """
def conv1x1(input, weight, bias):
    images, _, height, width = input.shape
    output = weight @ input.flatten(2) + bias[:, None]
    return output.reshape(images, len(weight), height, width)
""",
    # The channels last, and a linear layer at each pixel.
    """
def conv1x1(input, weight, bias):
    return F.linear(input.permute(0, 2, 3, 1), weight, bias).permute(0, 3, 1, 2)
""",
    # Filter by filter, channel by channel.
    """
def conv1x1(input, weight, bias):
    slices = []
    for row, offset in zip(weight, bias):
        total = offset + sum(w * input[:, c] for c, w in enumerate(row))
        slices.append(total)
    return torch.stack(slices, 1)
""",
]

RIGHT["conv-shapes"] = [
    # The convs first, then each beside the one before it.
    """
def conv_shapes(column):
    convs = [item for item in column if item != "M"]
    depths = [3] + [filters for _, filters in convs]
    return [(filters, depth, size, size) for (size, filters), depth in zip(convs, depths)]
""",
    # Layers without memory, and their weights' shapes.
    """
def conv_shapes(column):
    shapes, channels = [], 3
    for item in column:
        if isinstance(item, str):
            continue
        shapes.append(tuple(torch.empty(item[1], channels, item[0], item[0], device="meta").shape))
        channels = shapes[-1][0]
    return shapes
""",
    """
def conv_shapes(column):
    def rest(items, channels):
        if not items:
            return []
        if items[0] == "M":
            return rest(items[1:], channels)
        size, filters = items[0]
        return [(filters, channels, size, size)] + rest(items[1:], filters)

    return rest(list(column), 3)
""",
]

RIGHT["vgg-fc-weights"] = [
    "vgg_fc_weights = 102_760_448\n",
    "vgg_fc_weights = 25088 * 4096\n",
    """
side = 224
for _ in range(5):
    side //= 2
vgg_fc_weights = side * side * 512 * 4096
""",
]

RIGHT["linear-as-conv"] = [
    """
def linear_as_conv(weight, channels, height, width):
    return weight.view(len(weight), channels, height, width)
""",
    """
def linear_as_conv(weight, channels, height, width):
    return weight.unflatten(1, (channels, height, width))
""",
    """
def linear_as_conv(weight, channels, height, width):
    conv = weight.new_zeros(len(weight), channels, height, width)
    for c in range(channels):
        for row in range(height):
            start = (c * height + row) * width
            conv[:, c, row] = weight[:, start : start + width]
    return conv
""",
]
