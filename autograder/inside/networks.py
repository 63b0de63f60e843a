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

from autograder.inside.wire import Decoder, Encoder, Uncrossable, WireError

__all__ = ["Network", "NetworkDecoder", "NetworkEncoder"]

HOMES = ("torch.nn.modules.", "utils.nn.")  # where the classes of layers live
MOST_STEPS = 20_000
PARTS = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "training")
INTERNALS = {*vars(nn.Module()), *PARTS}
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
        steps, places = [], {}
        for node in graph.nodes:
            places[node] = len(steps)
            arguments = _with_nodes(encode, places)
            args, kwargs = arguments(tuple(node.args)), arguments(dict(node.kwargs))
            steps.append([node.op, self._target(node), args, kwargs])
            encode.size = arguments.size
        return ["network", self._module(module, encode), steps]

    def _target(self, node) -> str:
        if node.op == "call_function":
            if node.target is getattr:
                return "getattr"
            name = NAMES.get(id(node.target))
            if name is None:
                called = getattr(node.target, "__name__", node.target)
                raise Uncrossable(f"the network calls {called}, which cannot be taken across")
            return name
        return str(node.target)

    def _module(self, module: nn.Module, encode: Encoder) -> list:
        if any(getattr(module, name, None) for name in HOOKS):
            raise Uncrossable("a network with hooks cannot be taken across")
        layer = _is_layer(module)
        attributes = {}
        for name, value in vars(module).items():
            if layer and name not in INTERNALS:
                attributes[name] = self._attribute(module, name, value)
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
        try:
            return Encoder()(value)  # settings of layers: no tensors, no objects
        except Uncrossable as error:
            kind = type(module).__name__
            raise Uncrossable(f"a layer {kind} of the network, its {name}: {error}") from None

    def _parameter(self, parameter, encode) -> list:
        token, _ = self.known.setdefault(id(parameter), (len(self.known), parameter))
        return [token, bool(parameter.requires_grad), encode(parameter.data)]


def _with_nodes(encode: Encoder, places: dict) -> Encoder:
    """An encoder that goes on behind another one, and knows a graph's nodes."""

    def other(value, inner, depth):
        if not isinstance(value, fx.Node):
            kind = type(value).__name__
            raise Uncrossable(f"the network uses a value of type {kind!r}, which cannot cross")
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
        values, given = [], iter(inputs)
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
        inner = Decoder(decode.blob, {"node": _Place})
        built = [self._step(inner, place, step) for place, step in enumerate(steps)]
        root = Network(built)
        self._fill(root, decode, module, root=True)
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
            raise WireError(f"no step of a network: {kind} {target}")
        return kind, target, args, kwargs

    def _fill(self, module: nn.Module, decode: Decoder, described, root=False) -> nn.Module:
        name, training, attributes, parameters, buffers, children = described
        if root and name is not None and not name.endswith((".Sequential", ".ModuleList")):
            attributes = {}  # its steps are known; the class itself is not needed
        module.training = bool(training)
        for key, value in attributes.items() if not root else ():
            if not _is_name(key) or key in INTERNALS or hasattr(nn.Module, key):
                raise WireError(f"a layer has no attribute {key!r}")
            object.__setattr__(module, key, decode(value))
        for key, value in parameters.items():
            module.register_parameter(
                _checked(key), None if value is None else self._parameter(decode, value)
            )
        for key, value in buffers.items():
            module.register_buffer(
                _checked(key), None if value is None else _is_tensor(decode(value))
            )
        for key, value in children.items():
            module.add_module(_checked(key), None if value is None else self._layer(decode, value))
        return module

    def _layer(self, decode, described) -> nn.Module:
        kind = _layer_class(described[0]) if described[0] is not None else nn.Module
        module = kind.__new__(kind)
        nn.Module.__init__(module)
        return self._fill(module, decode, described)

    def _parameter(self, decode, described) -> nn.Parameter:
        token, trained, data = described
        if type(token) is not int:
            raise WireError("not a parameter")
        if token not in self.known:
            self.known[token] = nn.Parameter(_is_tensor(decode(data)), bool(trained))
        return self.known[token]


def _layer_class(path) -> type:
    from utils import nn as ours

    library, _, name = str(path).rpartition(".")
    kind = getattr({"torch.nn": nn, "utils.nn": ours}.get(library), name, None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise WireError(f"no layer {path!r}")
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
        raise WireError(f"no name of a part of a network: {name!r}")
    return name


def _is_tensor(value) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise WireError("a tensor is expected")
    return value
