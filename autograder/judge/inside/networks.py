"""Takes a network across to the other kernel as data: its layers, its weights, its computation.

A student's module is never called by the trusted kernel. The student's kernel traces it with
`torch.fx`; what crosses is a list of steps, each of which names a layer of `torch.nn` or
`utils.nn`, a function of torch or a method of its tensors. The trusted kernel builds the layers
itself and takes the steps itself. So what it counts, trains and tests is what is really computed.

What cannot be traced cannot cross: a `forward` that branches on the numbers it sees, hooks,
functions of NumPy or of `utils.functional` (use the layers of `utils.nn`).
"""

import operator

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.overrides import get_overridable_functions

from autograder.judge.inside.values import Decoder, Encoder, Uncrossable
from autograder.judge.inside.wire import WireError

__all__ = ["Network", "NetworkDecoder", "NetworkEncoder"]

HOMES = ("torch.nn.modules.", "utils.nn.")  # where the classes of layers live
MOST_STEPS = 20_000
MOST_NUMBERS = 4_000  # that are no parameters: in steps, in layers' settings and in buffers
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # which layers keep themselves
PARTS = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "training")
INTERNALS = {*vars(nn.Module()), *PARTS}
OF_RNNS = ("_flat_weights", "_flat_weight_refs")  # their parameters once more
HOOKS = [name for name in vars(nn.Module()) if "hook" in name and name.startswith("_")]
OPERATORS = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "neg", "pos", "abs"),
    *("lt", "le", "eq", "ne", "gt", "ge", "getitem", "and_", "or_", "invert"),
)
ATTRIBUTES = ("shape", "ndim", "dtype", "device", "T", "mT")
# They call what they are given, leave the tensor, or change what it stands on.
NOT_METHODS = {
    *("apply_", "map_", "map2_", "numpy", "set_", "storage", "untyped_storage", "data_ptr"),
    *("register_hook", "register_post_accumulate_grad_hook", "backward", "share_memory_"),
    *("requires_grad_", "retain_grad", "to_dense", "to_sparse", "resize_", "resize_as_"),
}


def _functions() -> dict:
    found = {f"operator.{name}": getattr(operator, name) for name in OPERATORS}
    overridable = get_overridable_functions()
    for prefix, home in (("torch", torch), ("F", F)):
        listed = {id(function) for function in overridable[home]}
        for name in dir(home):
            function = getattr(home, name)
            if not name.startswith("_") and id(function) in listed:
                found[f"{prefix}.{name}"] = function
    return found


def _methods() -> set[str]:
    names = {getattr(x, "__name__", "") for x in get_overridable_functions()[torch.Tensor]}
    names |= {"size", "dim", "view", "float", "double", "contiguous", "flatten", "mean", "sum"}
    names |= {"unflatten", "expand_as", "view_as", "reshape_as", "swapaxes", "to", "type_as"}
    return {name for name in names if not name.startswith("_")} - NOT_METHODS


FUNCTIONS, METHODS = _functions(), _methods()
NAMES = {id(function): name for name, function in reversed(FUNCTIONS.items())}


def _is_layer(module: nn.Module) -> bool:
    kind = type(module)
    home = f"{kind.__module__}."
    return home.startswith(HOMES) and getattr(_class(kind), "__name__", None) == kind.__name__


def _class(kind: type) -> type | None:
    """The class of a layer under its public name, so that both sides mean the same."""
    from utils import nn as ours

    library = ours if kind.__module__.startswith("utils.nn") else nn
    found = getattr(library, kind.__name__, None)
    return found if found is kind else None


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module, qualified_name):
        containers = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
        return _is_layer(module) and not isinstance(module, containers)


class NetworkEncoder:
    """In the student's kernel: describes modules. Parameters keep their identity between calls."""

    def __init__(self):
        self.known: dict[int, tuple[int, nn.Parameter]] = {}  # id -> (token, the parameter itself)

    def __call__(self, module: nn.Module, encode: Encoder, depth: int = 0) -> list:
        """Describe a module.

        Raises:
            Uncrossable: it cannot be traced, or does something that is not among the steps.
        """
        try:
            graph = _Tracer().trace(module)
        except Exception as error:
            raise Uncrossable(
                f"the network cannot be taken across, since its computation cannot be traced: "
                f"{type(error).__name__}: {error}"
            ) from None
        steps: list[list] = []
        places: dict[fx.Node, int] = {}
        self.numbers = 0
        for node in graph.nodes:
            places[node] = len(steps)
            self.numbers += _count([node.args, node.kwargs])
            arguments = _with_nodes(encode, places)
            args, kwargs = arguments(tuple(node.args)), arguments(dict(node.kwargs))
            steps.append([node.op, self._target(node), args, kwargs])
            encode.size = arguments.size
        described = self._module(module, encode)
        if self.numbers > MOST_NUMBERS:
            raise Uncrossable(
                f"the network brings {self.numbers:,} numbers that are no parameters, in its "
                f"steps, settings and buffers; {MOST_NUMBERS:,} may cross"
            )
        return ["network", described, steps]

    def _target(self, node) -> str:
        if node.op == "call_function":
            if node.target is getattr:
                return "getattr"
            name = NAMES.get(id(node.target))
            if name is None:
                called = getattr(node.target, "__name__", node.target)
                raise Uncrossable(f"the network calls {called}, which cannot be taken across")
            return name
        if node.op == "call_method" and node.target not in METHODS:
            raise Uncrossable(f"the network calls {node.target}, which cannot be taken across")
        return str(node.target)

    def _module(self, module: nn.Module, encode: Encoder) -> list:
        if any(getattr(module, name, None) for name in HOOKS):
            raise Uncrossable("a network with hooks cannot be taken across")
        layer = _is_layer(module)
        attributes = {}
        for name, value in vars(module).items():
            if layer and name not in INTERNALS and name not in OF_RNNS:
                attributes[name] = self._attribute(module, name, value)
                self.numbers += _count(value)
        for name, value in module._buffers.items():
            self.numbers += _count_buffer(name, value, own=not layer)
        own = type(module).__module__.startswith("utils.nn")
        return [
            ("utils.nn." if own else "torch.nn.") + type(module).__name__ if layer else None,
            bool(module.training),
            attributes,
            {
                k: None if x is None else self._parameter(x, encode)
                for k, x in module._parameters.items()
            },
            {k: encode(x) for k, x in module._buffers.items()},
            {k: None if x is None else self._module(x, encode) for k, x in module._modules.items()},
        ]

    def _attribute(self, module: nn.Module, name: str, value):
        encode = Encoder(_function)
        try:
            value = encode(value)  # settings of layers: no tensors, no objects
            if encode.blobs:
                raise Uncrossable("a tensor that is no parameter")
            return value
        except Uncrossable as error:
            kind = type(module).__name__
            raise Uncrossable(f"a layer {kind} of the network, its {name}: {error}") from None

    def _parameter(self, parameter, encode) -> list:
        token, _ = self.known.setdefault(id(parameter), (len(self.known), parameter))
        return [token, bool(parameter.requires_grad), encode(parameter.data)]


def _function(value, encode, depth) -> list:
    """Name a function of torch, such as an activation that a layer holds."""
    if id(value) not in NAMES:
        raise Uncrossable(f"a value of type {type(value).__name__!r}")
    return ["function", NAMES[id(value)]]


def _with_nodes(encode: Encoder, places: dict) -> Encoder:
    """An encoder for a step's arguments: it writes the step that a node of the graph stands for."""

    def other(value, inner, depth):
        for kind in (list, dict):  # `torch.fx` has its own, which cannot be changed
            if isinstance(value, kind):
                return inner(kind(value), depth + 1)
        if not isinstance(value, fx.Node):
            name = type(value).__name__
            raise Uncrossable(f"the network uses a value of type {name!r}, which cannot cross")
        return ["node", places[value]]

    arguments = Encoder(other)
    arguments.blobs, arguments.size = encode.blobs, encode.size
    return arguments


class Network(nn.Module):
    """A network that came across: takes its steps one after the other."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, *inputs):
        """What the student's `forward` computes."""
        values: list = []
        given = iter(inputs)
        for kind, target, args, kwargs in self.steps:
            args, kwargs = _filled(args, values), _filled(kwargs, values)
            if kind == "placeholder":
                value = next(given, *args)
            elif kind == "get_attr":
                value = operator.attrgetter(target)(self)
            elif kind == "call_module":
                value = self.get_submodule(target)(*args, **kwargs)
            elif kind == "call_method":
                if not isinstance(args[0], torch.Tensor):
                    raise TypeError(f"{target} is called on something that is no tensor")
                value = getattr(args[0], target)(*args[1:], **kwargs)
            elif kind == "call_function":
                value = (
                    _attribute(*args) if target == "getattr" else FUNCTIONS[target](*args, **kwargs)
                )
            else:
                return args[0]
            values.append(value)
        raise WireError("the network has no output")


class _Place:
    """Stands in a step's arguments for the result of an earlier step."""

    def __init__(self, place: int):
        self.place = place


def _filled(value, values: list):
    if isinstance(value, _Place):
        return values[value.place]
    if type(value) in (list, tuple):
        return type(value)(_filled(x, values) for x in value)
    if type(value) is dict:
        return {k: _filled(x, values) for k, x in value.items()}
    if type(value) is slice:
        return slice(*(_filled(x, values) for x in (value.start, value.stop, value.step)))
    return value


def _attribute(value, name):
    if name not in ATTRIBUTES or not isinstance(value, torch.Tensor):
        raise TypeError(f"the network reads {name!r}, which is not allowed")
    return getattr(value, name)


class NetworkDecoder:
    """In the trusted kernel: builds a :class:`Network` from a description it does not trust."""

    def __init__(self):
        self.known: dict[int, nn.Parameter] = {}

    def __call__(self, decode: Decoder, module, steps) -> Network:
        """Build it. Raises WireError for what no :class:`NetworkEncoder` writes."""
        if not isinstance(steps, list) or len(steps) > MOST_STEPS:
            raise WireError("not the steps of a network")
        inner = Decoder(b"", {"node": _Place})  # no bytes: a step's arguments are no tensors
        built = [self._step(inner, place, step) for place, step in enumerate(steps)]
        self.numbers = sum(_count(step[2:]) for step in built)
        root = Network(built)
        self._fill(root, decode, module, root=True)
        if self.numbers > MOST_NUMBERS:
            raise WireError("a network with too many numbers that are no parameters")
        return root

    def _step(self, decode: Decoder, place: int, step):
        kind, target, args, kwargs = step
        args, kwargs = decode(args), decode(kwargs)
        if not isinstance(target, str) or type(args) is not tuple or type(kwargs) is not dict:
            raise WireError("not a step of a network")
        _check_places((args, kwargs), place)
        allowed = {
            "placeholder": len(args) <= 1,
            "output": len(args) == 1,
            "get_attr": _is_path(target),
            "call_module": _is_path(target),
            "call_method": target in METHODS and len(args) >= 1,
            "call_function": target in FUNCTIONS or (target == "getattr" and len(args) == 2),
        }
        if not allowed.get(kind, False):
            raise WireError(f"no step of a network: {str(kind)[:100]} {target[:100]}")
        return kind, target, args, kwargs

    def _fill(self, module: nn.Module, decode: Decoder, described, root=False) -> nn.Module:
        name, training, attributes, parameters, buffers, children = described
        if root and name is not None and not name.endswith((".Sequential", ".ModuleList")):
            attributes = {}  # its steps are known; the class itself is not needed
        module.training = bool(training)
        settings = Decoder(b"", {"function": FUNCTIONS.__getitem__})
        for key, value in attributes.items() if not root else ():
            if not _is_name(key) or key in INTERNALS or callable(getattr(type(module), key, None)):
                raise WireError(f"a layer has no attribute {str(key)[:100]!r}")
            value = settings(value)
            self.numbers += _count(value)
            object.__setattr__(module, key, value)
        for key, value in parameters.items():
            module.register_parameter(
                _checked(key), None if value is None else self._parameter(decode, value)
            )
        for key, value in buffers.items():
            value = None if value is None else _is_tensor(decode(value))
            self.numbers += _count_buffer(key, value, own=root or name is None)
            module.register_buffer(_checked(key), value)
        for key, value in children.items():
            module.add_module(_checked(key), None if value is None else self._layer(decode, value))
        return module

    def _layer(self, decode, described) -> nn.Module:
        kind = _layer_class(described[0]) if described[0] is not None else nn.Module
        module = kind.__new__(kind)
        nn.Module.__init__(module)
        self._fill(module, decode, described)
        if isinstance(module, nn.RNNBase):
            module._init_flat_weights()  # a list of its parameters, for cuDNN
        return module

    def _parameter(self, decode, described) -> nn.Parameter:
        token, trained, data = described
        if type(token) is not int:
            raise WireError("not a parameter")
        if token not in self.known:
            self.known[token] = nn.Parameter(_is_tensor(decode(data)), bool(trained))
        return self.known[token]


def _count(value) -> int:
    """How many numbers a step's arguments or a layer's setting hold."""
    if isinstance(value, list | tuple | set):
        return sum(map(_count, value))
    if isinstance(value, dict):
        return _count(list(value.items()))
    return int(type(value) in (int, float, complex))


def _count_buffer(name: str, value, own: bool) -> int:
    """How many numbers of a buffer count; those that torch's own layers keep do not."""
    return 0 if value is None or (name in STATISTICS and not own) else value.numel()


def _layer_class(path) -> type[nn.Module]:
    from utils import nn as ours

    library, _, name = str(path).rpartition(".")
    kind = getattr({"torch.nn": nn, "utils.nn": ours}.get(library), name, None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise WireError(f"no layer {str(path)[:100]!r}")
    return kind


def _check_places(value, place: int) -> None:
    if isinstance(value, _Place):
        if type(value.place) is not int or not 0 <= value.place < place:
            raise WireError("a step that uses what is not there yet")
    elif type(value) in (list, tuple, set):
        for x in value:
            _check_places(x, place)
    elif type(value) is dict:
        _check_places(list(value.values()), place)
    elif type(value) is slice:
        _check_places((value.start, value.stop, value.step), place)


def _is_name(name) -> bool:
    return isinstance(name, str) and name.isidentifier() and not name.startswith("__")


def _is_path(path: str) -> bool:
    return all(part.isalnum() or _is_name(part) for part in path.split("."))


def _checked(name) -> str:
    if not isinstance(name, str) or not (_is_name(name) or name.isdigit()):
        raise WireError(f"no name of a part of a network: {str(name)[:100]!r}")
    return name


def _is_tensor(value) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise WireError("a tensor is expected")
    return value
