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

RIGHT["count-ways"] = [
    """
def count_ways(layers):
    ways = np.ones(1, dtype=int)
    for _ in range(layers):
        ways = np.convolve(ways, [1, 1, 1])
    return ways.tolist()
""",
    # The coefficients of (1 + x + x^2)^layers.
    """
def count_ways(layers):
    product = np.polynomial.Polynomial([1, 1, 1]) ** layers
    return [round(float(x)) for x in product.coef]
""",
    # From the top down: each unit hands its ways to three units below.
    """
def count_ways(layers):
    if layers == 0:
        return [1]
    above = count_ways(layers - 1)
    below = [0] * (len(above) + 2)
    for place, ways in enumerate(above):
        for tap in range(3):
            below[place + tap] += ways
    return below
""",
]

RIGHT["stack-costs"] = [
    """
def stack_costs(layers, kernel_size, depth, size):
    outputs = layers * depth * size**2
    return layers * (kernel_size * depth) ** 2, outputs * kernel_size**2 * depth, outputs
""",
    """
def stack_costs(layers, kernel_size, depth, size):
    weights = multiply_adds = outputs = 0
    for _ in range(layers):
        weights += depth * depth * kernel_size * kernel_size
        outputs += depth * size * size
        multiply_adds += depth * size * size * depth * kernel_size * kernel_size
    return [weights, multiply_adds, outputs]
""",
    """
def stack_costs(layers, kernel_size, depth, size):
    pixels = int(np.prod([size, size]))
    weights = torch.empty(layers, depth, depth, kernel_size, kernel_size, device="meta").numel()
    return weights, weights * pixels, layers * depth * pixels
""",
]


RIGHT["vgg"] = [
    # A list of layers for the head, indices for the sizes.
    """
class VGG(torch.nn.Module):
    def __init__(
        self, column, channels=3, size=224, hidden=4096, classes=1000, dropout=0.5, layers=torch.nn
    ):
        super().__init__()
        self.features = torch.nn.Sequential()
        for item in column:
            if item == "M":
                self.features.append(layers.MaxPool2d(2))
            else:
                around = (item[0] - 1) // 2
                self.features.append(layers.Conv2d(channels, item[1], item[0], padding=around))
                self.features.append(layers.ReLU())
                channels = item[1]
        side = size // 2 ** list(column).count("M")
        widths = [channels * side**2, hidden, hidden, classes]
        head = []
        for inputs, outputs in zip(widths, widths[1:]):
            head += [layers.Linear(inputs, outputs), layers.ReLU(), layers.Dropout(dropout)]
        self.classifier = torch.nn.Sequential(*head[:-2])

    def forward(self, input):
        return self.classifier(torch.flatten(self.features(input), 1))
""",
    # A helper, and padding by name.
    """
def conv_part(column, channels, layers):
    for item in column:
        if isinstance(item, str):
            yield layers.MaxPool2d(kernel_size=2, stride=2)
        else:
            kernel, filters = item
            yield layers.Conv2d(channels, filters, kernel, padding={1: 0, 3: 1}[kernel])
            yield layers.ReLU()
            channels = filters


class VGG(torch.nn.Module):
    def __init__(
        self, column, channels=3, size=224, hidden=4096, classes=1000, dropout=0.5, layers=torch.nn
    ):
        super().__init__()
        self.features = torch.nn.Sequential(*conv_part(column, channels, layers))
        last = [channels, *[x[1] for x in column if x != "M"]][-1]
        for item in column:
            size = size // 2 if item == "M" else size
        self.classifier = torch.nn.Sequential(
            layers.Linear(last * size * size, hidden), layers.ReLU(), layers.Dropout(dropout),
            layers.Linear(hidden, hidden), layers.ReLU(), layers.Dropout(dropout),
            layers.Linear(hidden, classes),
        )

    def forward(self, input):
        output = self.features(input)
        return self.classifier(output.reshape(len(output), -1))
""",
    # A forward pass that goes from layer to layer.
    """
class VGG(torch.nn.Module):
    def __init__(
        self, column, channels=3, size=224, hidden=4096, classes=1000, dropout=0.5, layers=torch.nn
    ):
        super().__init__()
        self.features, self.classifier = torch.nn.ModuleList(), torch.nn.ModuleList()
        for item in column:
            if item == "M":
                self.features.append(layers.MaxPool2d(2, 2))
                size = size // 2
            else:
                kernel, filters = item
                conv = layers.Conv2d(channels, filters, kernel, 1, kernel // 2)
                self.features.extend([conv, layers.ReLU()])
                channels = item[1]
        for inputs in (channels * size * size, hidden):
            linear, drop = layers.Linear(inputs, hidden), layers.Dropout(dropout)
            self.classifier.extend([linear, layers.ReLU(), drop])
        self.classifier.append(layers.Linear(hidden, classes))

    def forward(self, input):
        for layer in self.features:
            input = layer(input)
        input = input.flatten(1)
        for layer in self.classifier:
            input = layer(input)
        return input
""",
]
