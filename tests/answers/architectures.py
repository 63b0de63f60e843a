"""Right answers to lesson 8 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["deeper-is-better"] = [
    """
from itertools import combinations


def deeper_is_better(depths, errors):
    signs = []
    for (depth, error), (other_depth, other_error) in combinations(zip(depths, errors), 2):
        signs.append(np.sign(depth - other_depth) * np.sign(error - other_error))
    return signs.count(-1), signs.count(1)
""",
    """
def deeper_is_better(depths, errors):
    models = sorted(zip(depths, errors))
    better = worse = 0
    for place, (depth, error) in enumerate(models):
        for deeper, other in models[place + 1 :]:
            if deeper > depth and other < error:
                better += 1
            elif deeper > depth and other > error:
                worse += 1
    return better, worse
""",
    # All differences at once; each pair stands in the table twice.
    """
def deeper_is_better(depths, errors):
    depths, errors = np.array(depths), np.array(errors)
    product = (depths[:, None] - depths) * (errors[:, None] - errors)
    return int((product < 0).sum()) // 2, int((product > 0).sum()) // 2
""",
]

RIGHT["pareto-front"] = [
    # From the cheapest upwards: a model stays when it errs less than all cheaper ones.
    """
def pareto_front(costs, errors):
    front, best, last = [], float("inf"), None
    for cost, error, place in sorted(zip(costs, errors, range(len(costs)))):
        if error < best or (cost, error) == last:
            front.append(place)
            best, last = error, (cost, error)
    return sorted(front)
""",
    """
def pareto_front(costs, errors):
    front = []
    for place in range(len(costs)):
        beaten = False
        for other in range(len(costs)):
            cost, error = costs[other] - costs[place], errors[other] - errors[place]
            if cost <= 0 and error <= 0 and (cost < 0 or error < 0):
                beaten = True
        if not beaten:
            front.append(place)
    return front
""",
    """
def pareto_front(costs, errors):
    costs, errors = np.array(costs), np.array(errors)
    no_worse = (costs[None] <= costs[:, None]) & (errors[None] <= errors[:, None])
    differs = (costs[None] != costs[:, None]) | (errors[None] != errors[:, None])
    return list(np.flatnonzero(~(no_worse & differs).any(1)))
""",
]

RIGHT["flow-ratio"] = [
    """
def flow_ratio(norms):
    ordered = norms[norms != 0].sort().values
    return ordered[-1] / ordered[0]
""",
    """
def flow_ratio(norms):
    smallest = torch.where(norms == 0, float("inf"), norms).min()
    return norms.max() / smallest
""",
    """
def flow_ratio(norms):
    alive = torch.stack([norm for norm in norms if norm > 0])
    return torch.amax(alive).div(torch.amin(alive))
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

RIGHT["weights-to-take"] = [
    """
def weights_to_take(saved, wanted):
    return [name for name, shape in wanted if (name, shape) in saved]
""",
    """
def weights_to_take(saved, wanted):
    known, taken = set(saved), []
    for entry in wanted:
        if entry in known:
            taken.append(entry[0])
    return taken
""",
    """
def weights_to_take(saved, wanted):
    both = dict(saved).items() & dict(wanted).items()
    return sorted((name for name, _ in both), key=[name for name, _ in wanted].index)
""",
]

RIGHT["normalise"] = [
    """
def normalise(images, mean, deviation):
    return (images - mean.view(1, -1, 1, 1)) / deviation.view(1, -1, 1, 1)
""",
    """
def normalise(images, mean, deviation):
    return ((images.movedim(1, -1) - mean) / deviation).movedim(-1, 1)
""",
    """
def normalise(images, mean, deviation):
    output = images.clone()
    for channel in range(images.shape[1]):
        output[:, channel] -= mean[channel]
        output[:, channel] /= deviation[channel]
    return output
""",
]

RIGHT["head-gradient"] = [
    """
def head_gradient(features, labels, weight, bias):
    scores = F.linear(features, weight, bias)
    answers = torch.eye(len(weight), dtype=scores.dtype, device=scores.device)[labels]
    grad = (F.softmax(scores, dim=1) - answers) / len(features)
    return torch.einsum("nk,nd->kd", grad, features), grad.sum(dim=0)
""",
    # Image by image.
    """
def head_gradient(features, labels, weight, bias):
    grad_weight, grad_bias = torch.zeros_like(weight), torch.zeros_like(bias)
    for feature, label in zip(features, labels):
        grad = torch.softmax(weight @ feature + bias, 0)
        grad[label] -= 1
        grad_weight += torch.outer(grad, feature)
        grad_bias += grad
    return grad_weight / len(labels), grad_bias / len(labels)
""",
    # The bias as the weight of a further feature that is always 1.
    """
def head_gradient(features, labels, weight, bias):
    ones = features.new_ones(len(features), 1)
    inputs = torch.cat([features, ones], 1)
    exponentials = (inputs @ torch.cat([weight, bias[:, None]], 1).T).exp()
    probabilities = exponentials / exponentials.sum(1, keepdim=True)
    for image, label in enumerate(labels):
        probabilities[image, label] -= 1
    both = probabilities.T @ inputs / len(inputs)
    return both[:, :-1], both[:, -1]
""",
]

RIGHT["keras-extra"] = [
    """
def keras_extra(channels):
    return sum(3 * filters for filters in channels)
""",
    """
def keras_extra(channels):
    biases = means = variances = sum(channels)
    return biases + means + variances
""",
    """
def keras_extra(channels):
    return np.sum(channels) * 3
""",
]

RIGHT["design"] = [
    # A loop over a table, and more channels.
    """
recipe = {"rate": 0.05, "schedule": "linear"}


def design():
    layers, channels = [], 3
    for filters, stride, pool in [(16, 2, 0), (16, 1, 1), (32, 1, 0), (32, 1, 1), (64, 1, 0)]:
        layers.append(torch.nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False))
        layers += [torch.nn.BatchNorm2d(filters), torch.nn.ReLU()]
        layers += [torch.nn.MaxPool2d(2)] * pool
        channels = filters
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(64 * 16, 10))
""",
    # A class of its own, with functions between its layers.
    """
recipe = {}


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 12, 12, 24, 24, 48]
        pairs = list(zip(widths, widths[1:]))
        self.convs = torch.nn.ModuleList(
            [torch.nn.Conv2d(a, b, 3, 1 + (a == 3), 1, bias=False) for a, b in pairs]
        )
        self.norms = torch.nn.ModuleList([torch.nn.BatchNorm2d(b) for b in widths[1:]])
        self.head = torch.nn.Linear(48 * 16, 10)

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
    for filters, stride, pool in [(12, 2, 0), (12, 1, 1), (24, 1, 0), (24, 1, 1), (48, 1, 0)]:
        layers += [nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(filters), nn.ReLU()] + [nn.MaxPool2d(2, 2)] * pool
        channels = filters
    return torch.nn.Sequential(*layers, nn.Flatten(), nn.Linear(48 * 16, 10))
""",
]
