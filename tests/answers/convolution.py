"""Right answers to lesson 1 that differ from its published solutions: each must get full marks.

`RIGHT[exercise_id]` lists solution cells as text. They use only the names of the lesson's first
cell (math, torch, np, F, sizing, functional) and what they import themselves.
"""

RIGHT: dict[str, list[str]] = {}

RIGHT["conv-output-size"] = [
    # Count the positions one by one.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    padded = input_size + 2 * padding
    positions = [left for left in range(0, padded, stride) if left + kernel_size <= padded]
    if not positions:
        raise ValueError("kernel larger than padded input")
    return len(positions)
""",
    # Floats and math.floor.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    span = input_size - kernel_size + 2 * padding
    if span < 0:
        raise ValueError(f"{kernel_size} does not fit")
    return math.floor(span / stride + 1)
""",
    # NumPy's integers.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    size = np.floor_divide(input_size + 2 * padding - kernel_size, stride) + 1
    if size < 1:
        raise ValueError("no position")
    return size
""",
    # Ask a convolution; it raises RuntimeError where a ValueError is asked for.
    """
def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    try:
        line = torch.zeros(1, 1, input_size)
        return F.max_pool1d(F.pad(line, (padding, padding)), kernel_size, stride).shape[-1]
    except RuntimeError as error:
        raise ValueError("does not fit") from error
""",
]

RIGHT["strides-that-fit"] = [
    "strides_that_fit = [1, 2, 3, 6]\n",
    "strides_that_fit = [s for s in range(1, 8) if ((11 - 5 + 2 * 0) / s + 1).is_integer()]\n",
    "strides_that_fit = [6, 3, 2, 1]\n",
    """
strides_that_fit = []
for stride in range(1, 8):
    if divmod(11 - 5, stride)[1] == 0:
        strides_that_fit.append(stride)
""",
]

RIGHT["conv-params"] = [
    """
def conv_params(in_channels, out_channels, kernel_size):
    one_filter = kernel_size**2 * in_channels
    return one_filter * out_channels, out_channels
""",
    # Let PyTorch count.
    """
def conv_params(in_channels, out_channels, kernel_size):
    weight = torch.empty(out_channels, in_channels, kernel_size, kernel_size)
    return (weight.numel(), len(weight))
""",
    """
def conv_params(in_channels, out_channels, kernel_size):
    shape = (out_channels, in_channels, kernel_size, kernel_size)
    return int(np.prod(shape)), shape[0]
""",
]

RIGHT["weights-without-sharing"] = [
    "weights_without_sharing = 614400\n",
    "weights_without_sharing = 32 * 32 * 8 * (5 * 5 * 3)\n",
    """
side = (32 - 5 + 2 * 2) // 1 + 1
weights_without_sharing = side**2 * 8 * 5**2 * 3
""",
    "weights_without_sharing = np.prod([32, 32, 8, 5, 5, 3])\n",
]

RIGHT["conv2d-naive"] = [
    # Seven loops over single numbers.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    N, C, H, W = input.shape
    K, _, R, S = weight.shape
    out_h = (H - R + 2 * padding) // stride + 1
    out_w = (W - S + 2 * padding) // stride + 1
    output = torch.zeros(N, K, out_h, out_w)
    for n in range(N):
        for k in range(K):
            for i in range(out_h):
                for j in range(out_w):
                    total = 0.0 if bias is None else bias[k].item()
                    for c in range(C):
                        for r in range(R):
                            for s in range(S):
                                y, x = i * stride + r - padding, j * stride + s - padding
                                if 0 <= y < H and 0 <= x < W:
                                    total += (input[n, c, y, x] * weight[k, c, r, s]).item()
                    output[n, k, i, j] = total
    return output
""",
    # Loops over the kernel instead of over the image.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[2]
    rows = (padded.shape[2] - size) // stride + 1
    cols = (padded.shape[3] - size) // stride + 1
    output = input.new_zeros(input.shape[0], weight.shape[0], rows, cols)
    for dy in range(size):
        for dx in range(size):
            for c in range(input.shape[1]):
                window = padded[:, c, dy:, dx:][:, ::stride, ::stride][:, :rows, :cols]
                output += window[:, None] * weight[:, c, dy, dx].view(1, -1, 1, 1)
    if bias is not None:
        output += bias.view(1, -1, 1, 1)
    return output
""",
    # NumPy, and the padding by hand.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    x, w = input.numpy(), weight.numpy()
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    size = w.shape[-1]
    rows = (x.shape[2] - size) // stride + 1
    cols = (x.shape[3] - size) // stride + 1
    out = np.zeros((len(x), len(w), rows, cols), dtype=x.dtype)
    for n, image in enumerate(x):
        for k, kernel in enumerate(w):
            for i in range(rows):
                for j in range(cols):
                    patch = image[:, i * stride : i * stride + size, j * stride : j * stride + size]
                    out[n, k, i, j] = np.sum(patch * kernel)
            if bias is not None:
                out[n, k] += float(bias[k])
    return torch.from_numpy(out)
""",
    # A list of numbers, made a tensor at the end.
    """
def conv2d_naive(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = torch.nn.ZeroPad2d(padding)(input)
    values = []
    tops = range(0, padded.shape[2] - size + 1, stride)
    lefts = range(0, padded.shape[3] - size + 1, stride)
    for image in padded:
        for k, kernel in enumerate(weight):
            for top in tops:
                for left in lefts:
                    value = (image[:, top : top + size, left : left + size] * kernel).sum()
                    values.append(value.item() + (0 if bias is None else bias[k].item()))
    return torch.tensor(values).reshape(len(input), len(weight), len(tops), len(lefts))
""",
]

RIGHT["true-convolution"] = [
    # By the definition, with loops.
    """
def true_convolution(image, kernel):
    size = len(kernel)
    rows, cols = image.shape[0] - size + 1, image.shape[1] - size + 1
    result = torch.zeros(rows, cols)
    for i in range(rows):
        for j in range(cols):
            for u in range(size):
                for v in range(size):
                    result[i, j] += image[i + size - 1 - u, j + size - 1 - v] * kernel[u, v]
    return result
""",
    # Half a turn, and the course's own layer.
    """
def true_convolution(image, kernel):
    turned = torch.rot90(kernel, 2)
    return functional.conv2d(image[None, None], turned[None, None]).squeeze(0).squeeze(0)
""",
    # SciPy knows it by name.
    """
from scipy import signal

def true_convolution(image, kernel):
    return torch.from_numpy(signal.convolve2d(image.numpy(), kernel.numpy(), mode="valid"))
""",
    # Two one-dimensional reversals with NumPy and a view of all windows.
    """
def true_convolution(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.numpy(), kernel.shape)
    return torch.tensor(np.einsum("hwij,ij->hw", windows, kernel.numpy()[::-1, ::-1]))
""",
    # A transposed convolution is the full true convolution: cut its middle out.
    """
def true_convolution(image, kernel):
    cut = len(kernel) - 1
    full = F.conv_transpose2d(image[None, None], kernel[None, None])[0, 0]
    return full[cut : full.shape[0] - cut, cut : full.shape[1] - cut]
""",
]

RIGHT["conv2d-vectorised"] = [
    # F.unfold and one product of matrices.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    N, _, H, W = input.shape
    K, _, size, _ = weight.shape
    columns = F.unfold(input, size, padding=padding, stride=stride)
    output = weight.flatten(1) @ columns
    if bias is not None:
        output = output + bias[:, None]
    rows = (H + 2 * padding - size) // stride + 1
    cols = (W + 2 * padding - size) // stride + 1
    return output.view(N, K, rows, cols)
""",
    # Views of the patches and einsum.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    size = weight.shape[-1]
    padded = F.pad(input, (padding,) * 4)
    patches = padded.unfold(2, size, stride).unfold(3, size, stride)
    output = torch.einsum("nchwij,kcij->nkhw", patches, weight)
    return output if bias is None else output + bias.reshape(-1, 1, 1)
""",
    # as_strided and tensordot.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    x = F.pad(input, (padding,) * 4).contiguous()
    size = weight.shape[-1]
    rows = (x.shape[2] - size) // stride + 1
    cols = (x.shape[3] - size) // stride + 1
    n, c, h, w = x.stride()
    patches = x.as_strided(
        (x.shape[0], rows, cols, x.shape[1], size, size), (n, h * stride, w * stride, c, h, w)
    )
    output = torch.tensordot(patches, weight, dims=([3, 4, 5], [1, 2, 3])).permute(0, 3, 1, 2)
    return output if bias is None else output + bias.view(1, -1, 1, 1)
""",
    # Sum of shifted images: no loop over pixels, one over the kernel.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[-1]
    rows = (padded.shape[2] - size) // stride + 1
    cols = (padded.shape[3] - size) // stride + 1
    output = 0
    for i in range(size):
        for j in range(size):
            shifted = padded[:, :, i : i + rows * stride : stride, j : j + cols * stride : stride]
            output = output + torch.einsum("nchw,kc->nkhw", shifted, weight[:, :, i, j])
    return output if bias is None else output + bias[:, None, None]
""",
    # An index of all patches, and torch.nn.functional.linear.
    """
def conv2d_vectorised(input, weight, bias=None, stride=1, padding=0):
    padded = F.pad(input, (padding,) * 4)
    size = weight.shape[-1]
    rows = torch.arange(0, padded.shape[2] - size + 1, stride, device=input.device)
    cols = torch.arange(0, padded.shape[3] - size + 1, stride, device=input.device)
    steps = torch.arange(size, device=input.device)
    y = (rows[:, None] + steps)[:, None, :, None]
    x = (cols[:, None] + steps)[None, :, None, :]
    patches = padded[:, :, y, x].permute(0, 2, 3, 1, 4, 5).flatten(3)
    return F.linear(patches, weight.flatten(1), bias).permute(0, 3, 1, 2)
""",
]

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
