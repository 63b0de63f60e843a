"""Tables, measured receptive fields and memory budgets of any model."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from utils import models, nn, sizing
from utils.models.torch_layers import as_torch

TABLES = Path(__file__).parents[1] / "tables"
TABLE = json.loads((TABLES / "receptive_fields.json").read_text("utf-8"))


def on_meta(build, *arguments, **options):
    with torch.device("meta"):
        return build(*arguments, **options)


# Receptive fields


@pytest.mark.parametrize(
    ("net", "build", "size"),
    [
        ("alexnet_v2", lambda: models.alexnet(towers=2), 227),
        ("vgg_a", lambda: models.vgg("A"), 224),
        ("vgg_16", lambda: models.vgg("D"), 224),
    ],
)
def test_fields_are_the_published(net, build, size):
    rows = sizing.summary(on_meta(build), (3, size, size)).only("Conv2d", "MaxPool2d")
    published = TABLE["nets"][net]
    if net == "vgg_16":  # the table leaves out the last conv layer of each stage
        left_out = [f"features.{place}" for place in (2, 7, 14, 21, 28)]
        rows = [row for row in rows if row.name not in left_out]
    if net == "alexnet_v2":  # it leaves out the second pool, and names the others
        rows = [row for row in rows if row.name != "features.7"]
    ours = [[row.receptive_field[0], row.jump[0], row.padding[0]] for row in rows]
    assert ours == list(published.values())


@pytest.mark.parametrize("name", TABLE["final"])
def test_fields_at_the_end(name):
    kind, _, variant = name.partition("_")
    if kind.startswith("vgg"):
        model = on_meta(models.vgg, {"11": "A", "13": "B", "16": "D", "19": "E"}[kind[3:]])
    elif kind == "alexnet":
        model = on_meta(models.alexnet, towers=1 if variant == "torchvision" else 2)
    else:
        where = "3x3" if variant == "torchvision" else "1x1"
        model = on_meta(models.resnet, int(kind[6:]), stride_in=where)
    rows = sizing.summary(model, (3, 227, 227) if "valid" in name else (3, 224, 224))
    last = [row for row in rows if row.kind in ("Conv2d", "MaxPool2d")][-1]
    assert last.receptive_field == (TABLE["final"][name],) * 2


class Branches(torch.nn.Module):
    def __init__(self, *ways):
        super().__init__()
        self.ways = torch.nn.ModuleList(ways)

    def forward(self, input):
        first, *others = (way(input) for way in self.ways)
        for other in others:
            first = first + other
        return first


def last(model, *size):
    row = sizing.summary(model, (1, *size))[-1]
    return row.receptive_field, row.jump, row.padding


# Source of the two: google-research/receptive_field, receptive_field_computation_test.py.
def test_rectangles_and_branches():
    stack = torch.nn.Sequential(nn.Conv2d(1, 1, (5, 3), 2), nn.Conv2d(1, 1, (3, 1), 2))
    assert last(stack, 32, 32) == ((9, 3), (4, 4), (0, 0))
    narrow = nn.Conv2d(1, 1, 1, 4)
    wide = torch.nn.Sequential(nn.Conv2d(1, 1, 3, 2, padding=1), nn.Conv2d(1, 1, 1, 2))
    model = torch.nn.Sequential(Branches(narrow, wide), nn.ReLU())
    assert last(model, 32, 32) == ((3, 3), (4, 4), (1, 1))


def test_where_there_is_no_field():
    class Shrink(torch.nn.Module):
        def forward(self, input):
            return input[:, :, ::2, 1:9]

    class Call(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 1, 3)

        def forward(self, input):
            return self.conv(torch.nn.functional.max_pool2d(input, 2))

    assert last(torch.nn.Sequential(Shrink(), nn.ReLU()), 12, 12) == (None, None, None)
    assert last(Call(), 12, 12) == (None, None, None)
    assert "?" in str(sizing.summary(Call(), (1, 12, 12)))
    whole = torch.nn.Sequential(nn.Flatten(), nn.Linear(20, 3))
    assert last(whole, 4, 5) == ((4, 5), None, None)


@pytest.mark.parametrize("seed", range(12))
def test_measured_is_the_recurrence(seed):
    torch.manual_seed(seed)

    def draw(low, high):
        return torch.randint(low, high, ()).item()

    layers, channels = [], 2
    for _ in range(draw(1, 5)):
        kernel = (draw(1, 5), draw(1, 5))
        kind = draw(0, 5)
        padding = tuple(draw(0, k // 2 + 1) for k in kernel)
        if kind == 0:
            layers.append(nn.MaxPool2d(kernel, (draw(1, 3), draw(1, 3)), padding))
        elif kind == 1:
            layers.append(torch.nn.AvgPool2d(kernel, draw(1, 3), padding))
        else:
            dilation = (draw(1, 3), draw(1, 3))
            layers.append(nn.Conv2d(channels, 4, kernel, draw(1, 3), padding, dilation))
            layers += [nn.BatchNorm2d(4), nn.ReLU()]
            channels = 4
    model = torch.nn.Sequential(*layers)
    field = sizing.measured_receptive_field(model, (2, 150, 151))
    row = [r for r in sizing.summary(model, (2, 150, 151)) if r.kind.endswith(("Conv2d", "Pool2d"))]
    expected = row[-1]
    assert not field.clipped
    # With a step beyond the kernel, some pixels at the sides are never seen.
    assert field.size == expected.receptive_field
    places = zip(field.unit, expected.jump, expected.padding, strict=True)
    assert field.first == tuple(unit * jump - padding for unit, jump, padding in places)


@pytest.mark.parametrize(
    ("build", "size", "layer"),
    [
        (lambda: models.cifar_resnet(20), 96, None),
        (lambda: models.cifar_resnet(20, residual=False), 96, "layer2.2.conv2"),
        (lambda: models.alexnet(10), 224, "features.10"),
        (lambda: models.googlenet(10), 160, "inception3b.branch3.1.conv"),
    ],
)
@pytest.mark.slow
def test_measured_in_a_network_is_the_recurrence(build, size, layer):
    torch.manual_seed(0)
    model = build()
    state = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    field = sizing.measured_receptive_field(model, (3, size, size), layer)
    rows = sizing.summary(model, (3, size, size))
    row = rows[layer] if layer else rows.only("Conv2d")[-1]
    assert not field.clipped
    assert field.size == row.receptive_field
    assert model.training
    assert all(torch.equal(tensor, state[key]) for key, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_the_effective_field_is_smaller():
    torch.manual_seed(0)
    layers = [nn.Conv2d(8 if place else 1, 8, 3) for place in range(10)]
    field = sizing.measured_receptive_field(
        torch.nn.Sequential(*layers), (1, 41, 41), weights="own", draws=4
    )
    assert field.size == (21, 21)
    middle = field.gradient[10:31, 10:31]
    assert field.gradient.max() == 1
    assert middle[6:15, 6:15].sum() > 0.5 * middle.sum()  # 81 of 441 pixels


def test_what_cannot_be_measured():
    model = torch.nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 2))
    for arguments, message in [
        ({"layer": "5"}, "no layer is called '5'; the layers are 0, 1, 2, 3"),
        ({"layer": "3"}, "see all of it"),
        ({"weights": "negative"}, "weights must be"),
        ({"draws": 0}, "draws must be"),
        ({"input_shape": (8, 8)}, r"\(channels, height, width\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            sizing.measured_receptive_field(model, **{"input_shape": (1, 8, 8)} | arguments)
    with pytest.raises(ValueError, match="no conv or pooling layer"):
        sizing.measured_receptive_field(nn.ReLU(), (1, 8, 8))
    assert sizing.measured_receptive_field(nn.Conv2d(1, 1, 3), (1, 8, 8)).size == (3, 3)
    assert sizing.measured_receptive_field(nn.Conv2d(1, 1, 9), (1, 9, 9)).clipped


# Tables


def test_a_table_as_text_as_data_and_as_html():
    model = torch.nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    table = sizing.summary(model, (3, 8, 6))
    assert table[0] == ("0", "Conv2d", (4, 8, 6), 112, 4 * 48 * 27, 768, (3, 3), (1, 1), (1, 1))
    assert table["2"].output_shape == (4, 4, 3)
    assert str(table).splitlines() == [
        "Sequential, for one image of 3 x 8 x 6",
        "layer  kind       output  parameters  multiply-adds  memory, KiB  sees, pixels  jump",
        "------------------------------------------------------------------------------------",
        "0      Conv2d      4x8x6         112          5,184          0.8             3     1",
        "1      ReLU        4x8x6                                     0.8             3     1",
        "2      MaxPool2d   4x4x3                                     0.2             4     2",
        "------------------------------------------------------------------------------------",
        "total                            112          5,184          1.7",
    ]
    cells = []

    class Cells(HTMLParser):
        def handle_data(self, data):
            cells.append(data)

    Cells().feed(table._repr_html_())
    for row in table.cells():
        assert {text for text in row if text} <= set(cells)
    assert 'scope="col"' in table._repr_html_()
    with pytest.raises(KeyError, match="no layer is called '7'; the layers are 0, 1, 2"):
        table["7"]
    with pytest.raises(ValueError, match="no 'Linear' here, only Conv2d, ReLU, MaxPool2d"):
        table.only("Linear")


def test_names_in_html_are_escaped():
    evil = type("<b>Evil", (torch.nn.Module,), {"forward": lambda self, input: input + 1})
    assert "<b>" not in sizing.summary(evil(), (1, 2, 2))._repr_html_()


def test_groups_add_up():
    table = sizing.summary(on_meta(models.resnet, 50))
    groups = table.grouped()
    names = ["conv1", "bn1", "relu", "maxpool", *(f"layer{n}" for n in "1234"), "avgpool", "fc"]
    assert [row.name for row in groups] == names
    assert groups.parameters == table.parameters
    assert groups.multiply_adds == table.multiply_adds
    assert groups["layer4"].output_shape == (2048, 7, 7)
    assert groups["layer4"].receptive_field == (427, 427)


def test_what_is_counted_once():
    shared = nn.Linear(4, 4)
    model = torch.nn.Sequential(shared, torch.nn.ReLU(inplace=True), shared, torch.nn.Identity())
    table = sizing.summary(torch.nn.Sequential(nn.Flatten(), model), (1, 2, 2))
    assert table.parameters == 20
    assert table.multiply_adds == 32  # but done twice
    assert [row.activation_bytes for row in table] == [0, 16, 0, 16, 0]


def test_torchs_layers_are_sized_as_ours():
    ours = torch.nn.Sequential(nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=False), nn.BatchNorm2d(6))
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=False), torch.nn.BatchNorm2d(6)
    )
    assert sizing.summary(ours, (4, 9, 9)) == sizing.summary(theirs, (4, 9, 9))
    up = torch.nn.ConvTranspose2d(2, 3, 4, 2, 1, bias=False)
    assert sizing.summary(up, (2, 5, 5)).multiply_adds == 2 * 25 * 3 * 16


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match=r"input of shape \(1, 1, 8, 8\).*expects 3"):
        sizing.summary(nn.Conv2d(3, 4, 3), (1, 8, 8))

    class Reader(torch.nn.Module):
        def forward(self, input):
            return input * input.sum().item()

    with pytest.raises(ValueError, match="reads numbers out of a tensor"):
        sizing.summary(Reader(), (1, 8, 8))
    model = nn.Conv2d(3, 4, 3)
    assert not model._forward_hooks and model.training


# Memory


def test_a_budget_adds_up():
    model = torch.nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
    )
    budget = sizing.memory_budget(model, (3, 8, 8), batch_size=5, velocities=2)
    parameters = 4 * (3 * 8 * 9 + 8 + 1280 + 10)
    images, conv, pooled = (4 * 5 * n for n in (3 * 64, 8 * 64, 8 * 16))
    assert budget.parameters == budget.gradients == parameters
    assert budget.optimizer == 2 * parameters
    # Kept: the images for the conv layer, its output for ReLU, ReLU's for pooling, the pooled
    # for the fully connected layer.
    assert budget.saved == images + 2 * conv + pooled
    # At most: images, which the caller holds, and the conv layer's output and ReLU's.
    assert budget.live == images + 2 * conv
    assert budget.training == 4 * parameters + budget.saved
    assert budget.inference == parameters + budget.live
    assert "activations, batch of 5" in str(budget)
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1"):
        sizing.memory_budget(model, (3, 8, 8), batch_size=0)


def live_bytes(work):
    """The most memory in use at once, as torch's allocator sees it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        kept = work()
    events = [e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    del kept
    return most, now


@pytest.mark.parametrize("build", [lambda: models.cifar_resnet(20), lambda: models.googlenet(10)])
@pytest.mark.slow
def test_a_budget_is_what_a_run_takes(build):
    torch.manual_seed(0)
    model = as_torch(build())
    images = torch.randn(4, 3, 64, 64)
    budget = sizing.memory_budget(model, (3, 64, 64), batch_size=4)
    image_bytes = images.numel() * 4
    with torch.no_grad():
        most, _ = live_bytes(lambda: model.eval()(images))
    # Layers need some memory for a moment, which the budget leaves out.
    assert budget.live - image_bytes <= most <= 1.5 * budget.live
    _, kept = live_bytes(lambda: model.train()(images))
    assert kept == pytest.approx(budget.saved - image_bytes, rel=0.05)
