"""Right answers to lesson 7 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["residual-block"] = [
    # Batch norm by hand.
    """
def residual_block(input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    def norm(signal, gamma, beta):
        mean = signal.mean((0, 2, 3), keepdim=True)
        variance = signal.var((0, 2, 3), correction=0, keepdim=True)
        normal = (signal - mean) / (variance + 1e-5).sqrt()
        return normal * gamma[:, None, None] + beta[:, None, None]

    middle = norm(F.conv2d(input, weight1, None, 1, 1), gamma1, beta1).clamp(min=0)
    return (input + norm(F.conv2d(middle, weight2, None, 1, 1), gamma2, beta2)).clamp(min=0)
""",
    """
def residual_block(input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    signal = input
    for weight, gamma, beta in ((weight1, gamma1, beta1), (weight2, gamma2, beta2)):
        signal = mine.batch_norm(mine.conv2d(signal, weight, padding=1), gamma, beta)
        if weight is weight2:
            signal = signal + input
        signal = mine.relu(signal)
    return signal
""",
    """
def residual_block(input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    branch = functional.conv2d(input, weight1, padding=1)
    branch = F.batch_norm(branch, None, None, gamma1, beta1, training=True)
    branch = functional.conv2d(functional.relu(branch), weight2, padding=1)
    branch = F.batch_norm(branch, None, None, gamma2, beta2, training=True)
    total = branch + input
    return total * (total > 0)
""",
]

RIGHT["residual-block-backward"] = [
    # The course's own layers, and the masks from what the ReLUs gave.
    """
def residual_block_backward(grad_output, input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    conv1 = functional.conv2d(input, weight1, padding=1)
    middle = functional.relu(mine.batch_norm(conv1, gamma1, beta1))
    conv2 = functional.conv2d(middle, weight2, padding=1)
    output = functional.relu(mine.batch_norm(conv2, gamma2, beta2) + input)
    grad_sum = grad_output.clone()
    grad_sum[output == 0] = 0
    grad, g2, b2 = functional.batch_norm_backward(grad_sum, conv2, gamma2)
    grad, w2, _ = functional.conv2d_backward(grad, middle, weight2, 1, 1)
    grad[middle == 0] = 0
    grad, g1, b1 = functional.batch_norm_backward(grad, conv1, gamma1)
    grad, w1, _ = functional.conv2d_backward(grad, input, weight1, 1, 1)
    return grad_sum + grad, w1, g1, b1, w2, g2, b2
""",
    # With transposed convolutions and unfolded windows.
    """
def residual_block_backward(grad_output, input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    def weight_gradient(grad, below):
        windows = F.unfold(below, 3, padding=1)
        products = torch.einsum("nkp,nwp->kw", grad.flatten(2), windows)
        return products.view(grad.shape[1], below.shape[1], 3, 3)

    conv1 = F.conv2d(input, weight1, padding=1)
    norm1 = mine.batch_norm(conv1, gamma1, beta1)
    middle = norm1.clamp(min=0)
    conv2 = F.conv2d(middle, weight2, padding=1)
    grad = torch.where(mine.batch_norm(conv2, gamma2, beta2) + input > 0, grad_output, 0)
    back2 = mine.batch_norm_backward(grad, conv2, gamma2)
    through = F.conv_transpose2d(back2[0], weight2, padding=1) * (norm1 > 0)
    back1 = mine.batch_norm_backward(through, conv1, gamma1)
    grad_input = grad + F.conv_transpose2d(back1[0], weight1, padding=1)
    first = weight_gradient(back1[0], input), back1[1], back1[2]
    return grad_input, *first, weight_gradient(back2[0], middle), back2[1], back2[2]
""",
    # One function for the way back through conv and batch norm, called twice.
    """
def residual_block_backward(grad_output, input, weight1, gamma1, beta1, weight2, gamma2, beta2):
    def back(grad, conv, gamma, below, weight):
        grad, grad_gamma, grad_beta = mine.batch_norm_backward(grad, conv, gamma)
        grad_weight = mine.conv2d_backward_weight(grad, below, weight, 1, 1)[0]
        grad_below = mine.conv2d_backward_input(grad, below, weight, 1, 1)
        return grad_below, grad_weight, grad_gamma, grad_beta

    conv1 = F.conv2d(input, weight1, padding=1)
    norm1 = mine.batch_norm(conv1, gamma1, beta1)
    conv2 = F.conv2d(F.relu(norm1), weight2, padding=1)
    total = mine.batch_norm(conv2, gamma2, beta2) + input
    grad_total = mine.relu_backward(grad_output, total)
    below, *second = back(grad_total, conv2, gamma2, F.relu(norm1), weight2)
    below, *first = back(mine.relu_backward(below, norm1), conv1, gamma1, input, weight1)
    return tuple([below + grad_total] + first + second)
""",
]

RIGHT["residual-block-module"] = [
    # Everything of torch, and an identity module that is no downsample.
    """
class ResidualBlock(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=torch.nn):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(filters)
        self.conv2 = torch.nn.Conv2d(filters, filters, (3, 3), padding="same", bias=False)
        self.bn2 = torch.nn.BatchNorm2d(filters)
        if (channels, stride) == (filters, 1):
            self.downsample = None
        else:
            self.downsample = torch.nn.Sequential(
                torch.nn.Conv2d(channels, filters, 1, stride, bias=False),
                torch.nn.BatchNorm2d(filters),
            )

    def forward(self, input):
        around = self.downsample(input) if self.downsample else input
        through = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(input)))))
        return F.relu(around + through)
""",
    # Of the student's own layers.
    """
class ResidualBlock(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=mine.nn):
        super().__init__()
        self.conv1 = layers.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = layers.BatchNorm2d(filters)
        self.conv2 = layers.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = layers.BatchNorm2d(filters)
        self.relu = layers.ReLU()
        self.downsample = None
        if stride > 1 or channels != filters:
            self.downsample = torch.nn.Sequential()
            self.downsample.append(layers.Conv2d(channels, filters, 1, stride, bias=False))
            self.downsample.append(layers.BatchNorm2d(filters))

    def forward(self, input):
        output = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(input)))))
        if self.downsample is not None:
            input = self.downsample(input)
        return self.relu(input + output)
""",
    # Zero-gamma is good practice.
    """
class ResidualBlock(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=torch.nn):
        super().__init__()
        self.conv1 = layers.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = layers.BatchNorm2d(filters)
        self.conv2 = layers.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = layers.BatchNorm2d(filters)
        torch.nn.init.zeros_(self.bn2.weight)
        shape_changes = stride != 1 or channels != filters
        projection = [layers.Conv2d(channels, filters, 1, stride, bias=False)]
        projection += [layers.BatchNorm2d(filters)]
        self.downsample = torch.nn.Sequential(*projection) if shape_changes else None

    def forward(self, input):
        output = self.bn1(self.conv1(input)).relu()
        output = self.bn2(self.conv2(output))
        return (output + (input if self.downsample is None else self.downsample(input))).relu()
""",
]

RIGHT["path-sums"] = [
    # The coefficients of a polynomial, block by block and in place.
    """
def path_sums(factors):
    sums = factors.new_zeros(len(factors) + 1)
    sums[0] = 1
    for place, factor in enumerate(factors):
        for length in range(place + 1, 0, -1):
            sums[length] += factor * sums[length - 1]
    return sums
""",
    """
def path_sums(factors):
    if len(factors) == 0:
        return factors.new_ones(1)
    before, factor = path_sums(factors[:-1]), factors[-1]
    zero = factors.new_zeros(1)
    return torch.cat([before, zero]) + factor * torch.cat([zero, before])
""",
    """
def path_sums(factors):
    sums = [torch.ones_like(factors[0])]
    for factor in factors:
        longer = [x * factor for x in sums]
        sums = [sums[0], *(a + b for a, b in zip(sums[1:], longer)), longer[-1]]
    return torch.stack(sums)
""",
]

RIGHT["bottleneck-module"] = [
    """
class Bottleneck(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=torch.nn):
        super().__init__()
        sizes = [(channels, filters, 1, 1), (filters, filters, 3, stride)]
        sizes += [(filters, 4 * filters, 1, 1)]
        for number, (before, after, size, step) in enumerate(sizes, start=1):
            conv = layers.Conv2d(before, after, size, step, padding=size // 2, bias=False)
            self.add_module(f"conv{number}", conv)
            self.add_module(f"bn{number}", layers.BatchNorm2d(after))
        self.downsample = None
        if (channels, stride) != (4 * filters, 1):
            conv = layers.Conv2d(channels, 4 * filters, 1, stride, bias=False)
            self.downsample = torch.nn.Sequential(conv, layers.BatchNorm2d(4 * filters))

    def forward(self, input):
        output = self.bn1(self.conv1(input)).relu()
        output = self.bn2(self.conv2(output)).relu()
        output = self.bn3(self.conv3(output))
        return (output + (self.downsample or torch.nn.Identity())(input)).relu()
""",
    """
class Bottleneck(torch.nn.Module):
    expansion = 4

    def __init__(self, channels, filters, stride=1, layers=mine.nn):
        super().__init__()
        out = self.expansion * filters
        self.conv1 = layers.Conv2d(channels, filters, 1, bias=False)
        self.conv2 = layers.Conv2d(filters, filters, 3, stride, 1, bias=False)
        self.conv3 = layers.Conv2d(filters, out, 1, bias=False)
        self.bn1, self.bn2 = layers.BatchNorm2d(filters), layers.BatchNorm2d(filters)
        self.bn3 = layers.BatchNorm2d(out)
        self.downsample = None
        if stride > 1 or channels != out:
            self.downsample = torch.nn.Sequential(
                layers.Conv2d(channels, out, 1, stride, bias=False), layers.BatchNorm2d(out)
            )

    def forward(self, input):
        output = input
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            output = F.relu(norm(conv(output)))
        output = self.bn3(self.conv3(output))
        if self.downsample is not None:
            input = self.downsample(input)
        return F.relu(output + input)
""",
    """
class Bottleneck(torch.nn.Module):
    def __init__(self, channels, filters, stride=1, layers=torch.nn):
        super().__init__()
        conv = lambda *sizes, **more: layers.Conv2d(*sizes, bias=False, **more)
        self.conv1, self.bn1 = conv(channels, filters, 1), layers.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters, 3, stride=stride, padding=1)
        self.bn2 = layers.BatchNorm2d(filters)
        self.conv3, self.bn3 = conv(filters, 4 * filters, 1), layers.BatchNorm2d(4 * filters)
        torch.nn.init.zeros_(self.bn3.weight)
        self.downsample = None
        if stride != 1 or channels != 4 * filters:
            pair = conv(channels, 4 * filters, 1, stride=stride), layers.BatchNorm2d(4 * filters)
            self.downsample = torch.nn.Sequential(*pair)

    def forward(self, input):
        branch = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(input))))))
        branch = self.bn3(self.conv3(branch))
        shortcut = input if self.downsample is None else self.downsample(input)
        return torch.clamp(branch + shortcut, min=0)
""",
]
