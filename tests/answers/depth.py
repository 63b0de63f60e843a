"""Right answers to lesson 6 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["identity-filters"] = [
    """
def identity_filters(channels, size):
    filters = torch.zeros(channels, channels, size, size)
    filters[range(channels), range(channels), size // 2, size // 2] = 1
    return filters
""",
    """
def identity_filters(channels, size):
    pixel = torch.zeros(size, size)
    pixel[size // 2, size // 2] = 1
    return torch.einsum("kc,hw->kchw", torch.eye(channels), pixel)
""",
    """
def identity_filters(channels, size):
    return torch.nn.init.dirac_(torch.empty(channels, channels, size, size))
""",
]

RIGHT["batch-norm"] = [
    # Channels as rows of a matrix.
    """
def batch_norm(input, weight, bias, eps=1e-5):
    rows = input.transpose(0, 1).flatten(1)
    centred = rows - rows.mean(1, keepdim=True)
    variance = centred.square().mean(1, keepdim=True)
    rows = centred * torch.rsqrt(variance + eps) * weight[:, None] + bias[:, None]
    return rows.view(input.shape[1], input.shape[0], *input.shape[2:]).transpose(0, 1)
""",
    # A loop over the channels.
    """
def batch_norm(input, weight, bias, eps=1e-5):
    output = torch.empty_like(input)
    for channel in range(input.shape[1]):
        numbers = input[:, channel]
        deviation = (numbers.var(unbiased=False) + eps) ** 0.5
        normalised = (numbers - numbers.mean()) / deviation
        output[:, channel] = weight[channel] * normalised + bias[channel]
    return output
""",
    # As one scale and one shift of each channel.
    """
def batch_norm(input, weight, bias, eps=1e-5):
    mean = torch.einsum("nchw->c", input) / (input.numel() // input.shape[1])
    variance = ((input - mean.view(1, -1, 1, 1)) ** 2).mean(dim=[0, 2, 3])
    scale = weight / torch.sqrt(variance + eps)
    shift = bias - mean * scale
    return input * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)
""",
]

RIGHT["batch-norm-backward"] = [
    # Step by step through variance and mean, as in the paper's section 3.
    """
def batch_norm_backward(grad_output, input, weight, eps=1e-5):
    axes = (0, 2, 3)
    count = input.numel() // input.shape[1]
    centred = input - input.mean(axes, keepdim=True)
    variance = centred.square().mean(axes, keepdim=True)
    rate = (variance + eps) ** -0.5
    grad_normalised = grad_output * weight.view(1, -1, 1, 1)
    grad_variance = (grad_normalised * centred).sum(axes, keepdim=True) * -0.5 * rate**3
    grad_mean = -(grad_normalised * rate).sum(axes, keepdim=True)
    grad_input = grad_normalised * rate + grad_variance * 2 * centred / count + grad_mean / count
    return grad_input, (grad_output * centred * rate).sum(axes), grad_output.sum(axes)
""",
    # With the sums that weight and bias need anyway.
    """
def batch_norm_backward(grad_output, input, weight, eps=1e-5):
    def stand(vector):
        return vector[None, :, None, None]

    count = input.numel() / input.shape[1]
    mean = input.mean((0, 2, 3))
    rate = 1 / torch.sqrt(input.var((0, 2, 3), unbiased=False) + eps)
    normalised = (input - stand(mean)) * stand(rate)
    grad_bias = grad_output.sum((0, 2, 3))
    grad_weight = (grad_output * normalised).sum((0, 2, 3))
    inner = count * grad_output - stand(grad_bias) - normalised * stand(grad_weight)
    return inner * stand(weight * rate) / count, grad_weight, grad_bias
""",
    # The Jacobian of a channel, as a matrix.
    """
def batch_norm_backward(grad_output, input, weight, eps=1e-5):
    rows, grads = (x.transpose(0, 1).flatten(1) for x in (input, grad_output))
    back, grad_weight = [], []
    for row, grad, scale in zip(rows, grads, weight):
        deviation = (row.var(correction=0) + eps).sqrt()
        normalised = (row - row.mean()) / deviation
        jacobian = torch.eye(len(row), dtype=row.dtype, device=row.device) - 1 / len(row)
        jacobian = (jacobian - torch.outer(normalised, normalised) / len(row)) * scale / deviation
        back.append(jacobian @ grad)
        grad_weight.append(grad @ normalised)
    shape = (input.shape[1], input.shape[0], *input.shape[2:])
    grad_input = torch.stack(back).view(shape).transpose(0, 1)
    return grad_input, torch.stack(grad_weight), grads.sum(1)
""",
]

RIGHT["running-statistics"] = [
    """
def running_statistics(running_mean, running_var, input, momentum=0.1):
    rows = input.transpose(0, 1).flatten(1)
    new_mean = running_mean + momentum * (rows.mean(1) - running_mean)
    new_var = running_var + momentum * (rows.var(1) - running_var)
    return new_mean, new_var
""",
    """
def running_statistics(running_mean, running_var, input, momentum=0.1):
    variance, mean = torch.var_mean(input, dim=(0, 2, 3))
    return torch.lerp(running_mean, mean, momentum), torch.lerp(running_var, variance, momentum)
""",
    """
def running_statistics(running_mean, running_var, input, momentum=0.1):
    count = input.numel() // input.shape[1]
    mean = input.sum((0, 2, 3)) / count
    squares = (input - mean[:, None, None]).pow(2).sum((0, 2, 3))
    old = 1 - momentum
    return (
        old * running_mean + momentum * mean,
        old * running_var + momentum * squares / (count - 1),
    )
""",
]

RIGHT["expected-signal"] = [
    # One layer after the other.
    """
def expected_signal(stds, fan_in):
    left, found = 1.0, []
    for std in stds:
        left = left * fan_in * std * std / 2
        found.append(left)
    return torch.stack(found)
""",
    # As a sum of logarithms.
    """
def expected_signal(stds, fan_in):
    return torch.cumsum(torch.log(stds.pow(2) * (fan_in / 2)), dim=0).exp()
""",
    # The factors below a diagonal.
    """
def expected_signal(stds, fan_in):
    factors = 0.5 * fan_in * stds.square()
    return torch.stack([factors[: layer + 1].prod() for layer in range(len(stds))])
""",
]

RIGHT["he-init"] = [
    """
def he_init(noise):
    filters, channels, height, width = noise.shape
    variance = torch.tensor(2 / (channels * height * width), dtype=noise.dtype)
    return noise * variance.sqrt().to(noise.device)
""",
    """
def he_init(noise):
    return noise / math.sqrt(noise[0].numel() / 2)
""",
    """
def he_init(noise):
    fan_in = noise.numel() // len(noise)
    return torch.mul(noise, (2 / fan_in) ** 0.5)
""",
]

RIGHT["glorot-init"] = [
    """
def glorot_init(noise):
    filters, channels, height, width = noise.shape
    return noise * math.sqrt(2 / ((filters + channels) * height * width))
""",
    """
def glorot_init(noise):
    mean = (noise[0].numel() + noise[:, 0].numel()) / 2
    return noise / mean**0.5
""",
    """
def glorot_init(noise):
    window = noise.shape[2] * noise.shape[3]
    fans = [axis * window for axis in noise.shape[:2]]
    return (2 / sum(fans)) ** 0.5 * noise
""",
]

RIGHT["signal-map"] = [
    # Average pooling with a stride of 1, whose padding counts.
    """
def signal_map(power, depth):
    power = power[None, None]
    for _ in range(depth):
        power = F.avg_pool2d(power, 3, stride=1, padding=1)
    return power[0, 0]
""",
    # Rows and columns, each as a matrix.
    """
def signal_map(power, depth):
    def band(size):
        ones = torch.ones(size, size, dtype=power.dtype, device=power.device)
        return torch.linalg.matrix_power(ones.tril(1).triu(-1) / 3, depth)

    return band(power.shape[0]) @ power @ band(power.shape[1])
""",
    # Nine shifted copies.
    """
def signal_map(power, depth):
    height, width = power.shape
    for _ in range(depth):
        padded = F.pad(power, (1, 1, 1, 1))
        shifted = [padded[u : u + height, v : v + width] for u in range(3) for v in range(3)]
        power = torch.stack(shifted).sum(0) / 9
    return power
""",
]

RIGHT["forgotten-eval"] = [
    "forgotten_eval = [2, 3, 5]\n",
    "forgotten_eval = (5, 3, 2)\n",
    "forgotten_eval = [way for way in range(1, 7) if way not in (1, 4, 6)]\n",
]
