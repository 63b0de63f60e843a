"""Right answers to lesson 2 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell (math, torch, np, F, functional, mine) and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["conv2d-backward-weight"] = [
    # By parts of the library, images and windows in one long row.
    """
def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    columns = mine.im2col(input, weight.shape[-1], stride, padding)
    rows = grad_output.flatten(2).transpose(0, 1).flatten(1)
    grad_weight = (rows @ columns.mT.flatten(0, 1)).reshape_as(weight)
    return grad_weight, rows.sum(1)
""",
    # F.unfold and a product of matrices for each image, summed.
    """
def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    columns = F.unfold(input, weight.shape[-1], padding=padding, stride=stride)
    grad_weight = (grad_output.flatten(2) @ columns.transpose(1, 2)).sum(0).view_as(weight)
    return grad_weight, grad_output.sum(dim=(0, 2, 3))
""",
    # Views of the patches and einsum.
    """
def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    patches = F.pad(input, (padding,) * 4).unfold(2, size, stride).unfold(3, size, stride)
    grad_weight = torch.einsum("nkhw,nchwij->kcij", grad_output, patches)
    return grad_weight, torch.einsum("nkhw->k", grad_output)
""",
    # One weight of the kernel after the other.
    """
def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    rows, cols = grad_output.shape[2:]
    grad_weight = torch.zeros_like(weight)
    for i in range(weight.shape[2]):
        for j in range(weight.shape[3]):
            seen = padded[:, :, i::stride, j::stride][:, :, :rows, :cols]
            product = grad_output[:, :, None] * seen[:, None]
            grad_weight[:, :, i, j] = product.sum((0, 3, 4))
    return grad_weight, grad_output.transpose(0, 1).flatten(1).sum(1)
""",
    # One output position after the other.
    """
def conv2d_backward_weight(grad_output, input, weight, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[-1]
    grad_weight, grad_bias = torch.zeros_like(weight), weight.new_zeros(len(weight))
    for n in range(grad_output.shape[0]):
        for i in range(grad_output.shape[2]):
            for j in range(grad_output.shape[3]):
                g = grad_output[n, :, i, j]
                patch = padded[n, :, i * stride : i * stride + size, j * stride : j * stride + size]
                grad_weight += g[:, None, None, None] * patch
                grad_bias += g
    return grad_weight, grad_bias
""",
]

RIGHT["col2im"] = [
    # One tap of the window after the other.
    """
def col2im(columns, output_size, kernel_size, stride=1, padding=0):
    height, width = (side + 2 * padding for side in output_size)
    rows, cols = ((side - kernel_size) // stride + 1 for side in (height, width))
    image = torch.zeros(len(columns), columns.shape[1] // kernel_size**2, height, width)
    image = image.to(columns)
    for tap in range(kernel_size**2):
        u, v = divmod(tap, kernel_size)
        part = columns[:, tap :: kernel_size**2].unflatten(2, (rows, cols))
        image[:, :, u : u + rows * stride : stride, v : v + cols * stride : stride] += part
    return F.pad(image, (-padding,) * 4)
""",
    # One window after the other.
    """
def col2im(columns, output_size, kernel_size, stride=1, padding=0):
    n, size, places = columns.shape
    channels = size // kernel_size**2
    height, width = output_size
    cols = (width + 2 * padding - kernel_size) // stride + 1
    image = columns.new_zeros(n, channels, height + 2 * padding, width + 2 * padding)
    for place in range(places):
        top, left = place // cols * stride, place % cols * stride
        window = columns[:, :, place].reshape(n, channels, kernel_size, kernel_size)
        image[:, :, top : top + kernel_size, left : left + kernel_size] += window
    return image[:, :, padding : padding + height, padding : padding + width]
""",
    # All at once: the number of the pixel that each number of a column goes to.
    """
def col2im(columns, output_size, kernel_size, stride=1, padding=0):
    height, width = output_size[0] + 2 * padding, output_size[1] + 2 * padding
    pixels = torch.arange(height * width, device=columns.device).view(height, width)
    windows = pixels.unfold(0, kernel_size, stride).unfold(1, kernel_size, stride)
    where = windows.permute(2, 3, 0, 1).flatten()
    parts = columns.reshape(len(columns), -1, len(where))
    image = columns.new_zeros(len(columns), parts.shape[1], height * width)
    image.index_add_(2, where, parts)
    image = image.view(len(columns), -1, height, width)
    return image[:, :, padding : height - padding, padding : width - padding]
""",
]

RIGHT["conv2d-backward-input"] = [
    # By parts of the library.
    """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    grad_columns = torch.einsum("kp,nkl->npl", weight.flatten(1), grad_output.flatten(2))
    return mine.col2im(grad_columns, input.shape[2:], weight.shape[-1], stride, padding)
""",
    # F.fold undoes F.unfold, adding up where patches overlap.
    """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    columns = weight.flatten(1).T @ grad_output.flatten(2)
    return F.fold(columns, input.shape[2:], weight.shape[-1], padding=padding, stride=stride)
""",
    # One output position after the other.
    """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    size = weight.shape[-1]
    padded = torch.zeros_like(F.pad(input, (padding,) * 4))
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            part = torch.tensordot(grad_output[:, :, i, j], weight, dims=1)
            padded[:, :, i * stride : i * stride + size, j * stride : j * stride + size] += part
    return padded[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]]
""",
    # One weight of the kernel after the other.
    """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    N, C, H, W = input.shape
    rows, cols = grad_output.shape[2:]
    grad = input.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    for i in range(weight.shape[2]):
        for j in range(weight.shape[3]):
            part = torch.einsum("nkhw,kc->nchw", grad_output, weight[:, :, i, j])
            grad[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride] += part
    return F.pad(grad, (-padding,) * 4)
""",
    # Spread grad_output by the stride, and correlate it with the flipped kernel.
    """
def conv2d_backward_input(grad_output, input, weight, stride=1, padding=0):
    N, K, rows, cols = grad_output.shape
    size = weight.shape[-1]
    height, width = input.shape[2] + 2 * padding, input.shape[3] + 2 * padding
    spread = grad_output.new_zeros(N, K, height - size + 1, width - size + 1)
    spread[:, :, : rows * stride : stride, : cols * stride : stride] = grad_output
    patches = F.pad(spread, (size - 1,) * 4).unfold(2, size, 1).unfold(3, size, 1)
    grad = torch.einsum("nkhwij,kcij->nchw", patches, weight.flip(2, 3))
    return grad[:, :, padding : height - padding, padding : width - padding]
""",
]

RIGHT["receptive-field-stack"] = [
    "receptive_field_stack = 11\n",
    """
size, jump = 1, 1
for kernel, stride in [(3, 2), (3, 1), (3, 1)]:
    size, jump = size + (kernel - 1) * jump, jump * stride
receptive_field_stack = size
""",
    # From the top down: n units see (n - 1) S + F units below.
    """
receptive_field_stack = 1
for kernel, stride in reversed([(3, 2), (3, 1), (3, 1)]):
    receptive_field_stack = (receptive_field_stack - 1) * stride + kernel
""",
    """
from utils import sizing

receptive_field_stack = sizing.receptive_field([(3, 2, 0), (3, 1, 0), (3, 1, 0)]).size
""",
]

RIGHT["numerical-gradient"] = [
    # Nudge a copy and put it back.
    """
def numerical_gradient(function, tensor, eps):
    copy = tensor.clone().contiguous()
    numbers, gradient = copy.view(-1), []
    for place in range(len(numbers)):
        numbers[place] += eps
        above = function(copy)
        numbers[place] -= 2 * eps
        below = function(copy)
        numbers[place] += eps
        gradient.append((above - below) / (2 * eps))
    return torch.stack(gradient).view(tensor.shape)
""",
    # One row of the identity matrix after the other.
    """
def numerical_gradient(function, tensor, eps):
    nudges = eps * torch.eye(tensor.numel(), dtype=tensor.dtype).view(-1, *tensor.shape)
    slopes = [(function(tensor + x) - function(tensor - x)) / 2 / eps for x in nudges]
    return torch.stack([slope.to(tensor) for slope in slopes]).view(tensor.shape)
""",
    # By the place along each axis.
    """
def numerical_gradient(function, tensor, eps):
    gradient = torch.empty_like(tensor)
    for place in np.ndindex(*tensor.shape):
        above, below = tensor.clone(), tensor.clone()
        above[place], below[place] = above[place] + eps, below[place] - eps
        gradient[place] = float(function(above) - function(below)) / (2 * eps)
    return gradient
""",
]

RIGHT["relu"] = [
    "def relu(input):\n    return input.clamp(min=0)\n",
    "def relu(input):\n    return input * (input > 0)\n",
    "def relu(input):\n    return torch.maximum(input, torch.zeros_like(input))\n",
    "def relu(input):\n    return (input + input.abs()) / 2\n",
    "def relu(input):\n    return input.masked_fill(input < 0, 0)\n",
]

RIGHT["relu-backward"] = [
    "def relu_backward(grad_output, input):\n    return grad_output.masked_fill(input <= 0, 0)\n",
    """
def relu_backward(grad_output, input):
    return torch.where(input > 0, grad_output, 0)
""",
    """
def relu_backward(grad_output, input):
    grad_input = grad_output.clone()
    grad_input[input <= 0] = 0
    return grad_input
""",
    "def relu_backward(grad_output, input):\n    return grad_output * input.sign().clamp(min=0)\n",
]

RIGHT["training-step"] = [
    # Changes copies of the weights at the end.
    """
def training_step(images, targets, w1, b1, w2, b2, w3, b3, lr):
    pad = (w1.shape[-1] - 1) // 2
    first = mine.conv2d(images, w1, b1, padding=pad)
    second = mine.conv2d(mine.relu(first), w2, b2, padding=pad)
    last = mine.relu(second)
    means = last.mean((2, 3))
    exponentials = (means @ w3.T + b3).exp()
    grad = (exponentials / exponentials.sum(1, keepdim=True) - targets) / len(targets)
    new3 = w3 - lr * grad.T @ means, b3 - lr * grad.sum(0)
    grad = (grad @ w3)[:, :, None, None] / last[0, 0].numel() * (second > 0)
    grad2 = mine.conv2d_backward_weight(grad, mine.relu(first), w2, padding=pad)
    grad = mine.conv2d_backward_input(grad, first, w2, padding=pad) * (first > 0)
    grad1 = mine.conv2d_backward_weight(grad, images, w1, padding=pad)
    new1, new2 = ([x - lr * g for x, g in zip(*y)] for y in (((w1, b1), grad1), ((w2, b2), grad2)))
    return *new1, *new2, *new3
""",
    # By columns and matrix products all the way.
    """
def training_step(images, targets, w1, b1, w2, b2, w3, b3, lr):
    n, _, height, width = images.shape
    size = w1.shape[2]
    columns1 = mine.im2col(images, size, 1, size // 2)
    flat1 = w1.flatten(1) @ columns1 + b1[:, None]
    hidden1 = flat1.clamp(min=0).view(n, -1, height, width)
    columns2 = mine.im2col(hidden1, size, 1, size // 2)
    flat2 = w2.flatten(1) @ columns2 + b2[:, None]
    means = flat2.clamp(min=0).mean(dim=2)
    grad = ((means @ w3.T + b3).softmax(dim=1) - targets) / n
    back2 = ((grad @ w3) / (height * width))[:, :, None] * (flat2 > 0)
    back1 = mine.col2im(w2.flatten(1).T @ back2, (height, width), size, 1, size // 2)
    back1 = back1.flatten(2) * (flat1 > 0)
    gradients = [
        (back1 @ columns1.mT).sum(0).view_as(w1), back1.sum((0, 2)),
        (back2 @ columns2.mT).sum(0).view_as(w2), back2.sum((0, 2)),
        grad.T @ means, grad.sum(0),
    ]
    return tuple(x - lr * g for x, g in zip((w1, b1, w2, b2, w3, b3), gradients))
""",
    # Out of place helpers of its own.
    """
def training_step(images, targets, w1, b1, w2, b2, w3, b3, lr):
    p = w1.shape[3] // 2

    def forward(x, w, b):
        z = mine.conv2d(x, w, b, 1, p)
        return z, mine.relu(z)

    def backward(g, z, x, w):
        g = mine.relu_backward(g, z)
        back = mine.conv2d_backward_weight(g, x, w, 1, p)
        return mine.conv2d_backward_input(g, x, w, 1, p), *back

    z1, h1 = forward(images, w1, b1)
    z2, h2 = forward(h1, w2, b2)
    m = torch.einsum("nchw->nc", h2) / h2[0, 0].numel()
    g = (torch.softmax(torch.addmm(b3, m, w3.T), 1) - targets).div(len(images))
    g3 = torch.einsum("nk,nc->kc", g, m), torch.einsum("nk->k", g)
    g = torch.einsum("nk,kc->nc", g, w3)[..., None, None] * torch.ones_like(h2) / h2[0, 0].numel()
    g, *g2 = backward(g, z2, h1, w2)
    _, *g1 = backward(g, z1, images, w1)
    return tuple(x.sub(y, alpha=lr) for x, y in zip([w1, b1, w2, b2, w3, b3], [*g1, *g2, *g3]))
""",
]

RIGHT["wrong-step"] = [
    "wrong_step = 7\n",
    "wrong_step = np.int64(7)\n",
    """
steps = ["scores", "w3 b3", "means", "hidden2", "before2", "w2 b2", "hidden1", "before1", "w1 b1"]
wrong_step = 1 + steps.index("hidden1")
""",
]

RIGHT["conv2d-module"] = [
    # The parts of the student's library, and torch's own start.
    """
from utils import mine


class ConvFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, stride, padding):
        ctx.save_for_backward(x, weight)
        ctx.how = {"stride": stride, "padding": padding}
        return mine.conv2d(x, weight, bias=bias, **ctx.how)

    @staticmethod
    def backward(ctx, grad):
        grad_x = mine.conv2d_backward_input(grad, *ctx.saved_tensors, **ctx.how)
        grad_weight, grad_bias = mine.conv2d_backward_weight(grad, *ctx.saved_tensors, **ctx.how)
        return grad_x, grad_weight, grad_bias if ctx.needs_input_grad[2] else None, None, None


class Conv2d(torch.nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.how = stride, padding
        size = (out_channels, in_channels, kernel_size, kernel_size)
        self.weight = torch.nn.Parameter(torch.empty(size))
        torch.nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        self.register_parameter("bias", None)
        if bias:
            bound = (in_channels * kernel_size**2) ** -0.5
            self.bias = torch.nn.Parameter(2 * bound * torch.rand(out_channels) - bound)

    def forward(self, x):
        return ConvFunction.apply(x, self.weight, self.bias, *self.how)
""",
    # The bias is left to autograd, and the gradients are by unfolded windows.
    """
class Windows(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, stride, padding):
        ctx.columns = F.unfold(input, weight.shape[-1], padding=padding, stride=stride)
        ctx.weight, ctx.size, ctx.options = weight, input.shape, (stride, padding)
        rows = (input.shape[2] + 2 * padding - weight.shape[2]) // stride + 1
        return (weight.flatten(1) @ ctx.columns).unflatten(2, (rows, -1))

    @staticmethod
    def backward(ctx, grad_output):
        stride, padding = ctx.options
        grad, weight = grad_output.flatten(2), ctx.weight
        grad_weight = torch.einsum("nkp,nwp->kw", grad, ctx.columns).view_as(weight)
        columns = weight.flatten(1).T @ grad
        back = F.fold(columns, ctx.size[2:], weight.shape[-1], padding=padding, stride=stride)
        return back, grad_weight, None, None


class Conv2d(torch.nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        scale = (in_channels * kernel_size * kernel_size) ** -0.5
        shape = out_channels, in_channels, kernel_size, kernel_size
        self.weight = torch.nn.Parameter(scale * torch.randn(*shape))
        self.bias = torch.nn.Parameter(scale * torch.randn(out_channels)) if bias else None

    def forward(self, input):
        output = Windows.apply(input, self.weight, self.stride, self.padding)
        return output if self.bias is None else output + self.bias[:, None, None]
""",
    # One Function with setup_context, its numbers looked up by keyword, and dtype and device given.
    """
class Convolution(torch.autograd.Function):
    @staticmethod
    def forward(input, weight, bias, options):
        return functional.conv2d(input, weight, bias, **options)

    @staticmethod
    def setup_context(ctx, inputs, output):
        *tensors, ctx.options = inputs
        ctx.save_for_backward(*tensors)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        mask = ctx.needs_input_grad[:3]
        gradients = functional.conv2d_backward(
            grad_output, input, weight, **ctx.options, output_mask=mask
        )
        return *gradients, None


class Conv2d(torch.nn.Module):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True, **where
    ):
        super().__init__()
        self.options = dict(stride=stride, padding=padding)
        shapes = {"weight": (out_channels, in_channels, kernel_size, kernel_size)}
        shapes["bias"] = (out_channels,) if bias else None
        for name, shape in shapes.items():
            new = None if shape is None else torch.nn.Parameter(torch.randn(shape, **where) / 10)
            self.register_parameter(name, new)

    def forward(self, input):
        return Convolution.apply(input, self.weight, self.bias, self.options)
""",
]
