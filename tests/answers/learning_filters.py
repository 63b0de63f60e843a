"""Right answers to lesson 2 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell (math, torch, np, F, sizing, functional) and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["conv2d-backward-weight"] = [
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

RIGHT["conv2d-backward-input"] = [
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

RIGHT["region-seen"] = [
    """
def region_seen(row, col, kernel_size, stride, padding):
    top, left = row * stride - padding, col * stride - padding
    return top, left, top + kernel_size, left + kernel_size
""",
    # As ranges.
    """
def region_seen(row, col, kernel_size, stride, padding):
    rows = range(-padding + stride * row, -padding + stride * row + kernel_size)
    cols = range(-padding + stride * col, -padding + stride * col + kernel_size)
    return rows.start, cols.start, rows.stop, cols.stop
""",
    # With NumPy's integers.
    """
def region_seen(row, col, kernel_size, stride, padding):
    corner = np.array([row, col]) * stride - padding
    return tuple(np.concatenate([corner, corner + kernel_size]))
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
    "receptive_field_stack = sizing.receptive_field([(3, 2, 0), (3, 1, 0), (3, 1, 0)]).size\n",
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
