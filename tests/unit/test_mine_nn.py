"""Networks of the student's parts: right, printed as whose they are, clear when a part fails."""

import shutil

import pytest
import torch
from test_nn import LAYERS, run

from tests.course import LESSONS, find, points, solution
from utils import data, mine, models, nn, sizing
from utils.checks import EXERCISES
from utils.mine import parts, shelf

#: The course's own answers: part -> (the lesson's first cell, the answer, its check).
ANSWERS = {
    EXERCISES[name].part: (
        next(x.source for x in solution(lesson).cells if x.cell_type == "code"),
        find(solution(lesson), name).source,
        f'check("{name}", {EXERCISES[name].name})',
    )
    for lesson in LESSONS
    for name in points(lesson)
    if getattr(EXERCISES.get(name), "part", "")
}


@pytest.fixture(scope="module")
def filled():
    """What a student keeps who answers as the course does; filled by the first test."""
    return {}


@pytest.fixture
def own(kernel, lesson, filled):
    """A kernel whose library has all parts."""
    folder = lesson.parent / "my_convnet"
    if not filled:
        shell = kernel()
        for cells in ANSWERS.values():
            for cell in cells:
                shell.run_cell(cell, store_history=True).raise_error()
        filled |= {path.name: path.read_bytes() for path in folder.glob("*.py")}
    folder.mkdir(exist_ok=True)
    for name, text in filled.items():
        (folder / name).write_bytes(text)
    kernel()
    return folder


def test_all_of_the_courses_answers_are_kept(own, filled):
    assert set(ANSWERS) == set(parts.PARTS)
    names = {f"{parts.file_of(name)}.py" for name in parts.PARTS}
    assert set(filled) == {"__init__.py", *names}
    assert {shelf.whose(name) for name in parts.PARTS} == {"yours"}


@pytest.fixture(params=["own", "on loan"])
def either(request, kernel):
    """A kernel with all parts, or with none."""
    if request.param == "own":
        return request.getfixturevalue("own")
    return kernel()


@pytest.mark.parametrize(("name", "arguments", "options", "size"), LAYERS)
def test_a_layer_is_torchs(name, arguments, options, size, either):
    torch.manual_seed(0)
    ours = getattr(mine.nn, name)(*arguments, **options)
    theirs = getattr(torch.nn, name)(*arguments, **options)
    theirs.load_state_dict(ours.state_dict())
    for _ in range(2):
        input = torch.randn(size)
        torch.testing.assert_close(run(ours, input), run(theirs, input), rtol=1e-4, atol=1e-5)
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(input), theirs(input), rtol=1e-4, atol=1e-5)


#: Layers that the parts can do, one of each kind.
DONE = [
    ("Conv2d", (4, 6, 3, 2, 1), {"groups": 2}, (2, 4, 9, 8)),
    ("Conv2d", (3, 5, 1), {"bias": False}, (2, 3, 7, 6)),
    ("DepthwiseConv2d", (4, 3, 2, 1), {}, (2, 4, 9, 8)),
    ("MaxPool2d", (3, 2, 1), {}, (2, 3, 9, 8)),
    ("AvgPool2d", (2,), {}, (2, 3, 9, 8)),
    ("AdaptiveAvgPool2d", ((1, 1),), {}, (2, 3, 9, 8)),
    ("BatchNorm2d", (3,), {}, (2, 3, 4, 5)),
    ("Dropout", (0.4,), {}, (2, 3, 4, 4)),
]


@pytest.mark.parametrize(("name", "arguments", "options", "size"), DONE)
def test_a_layer_calls_each_of_its_parts(name, arguments, options, size, own, monkeypatch):
    called = set()
    real = shelf.part

    def part(name, quiet=False):
        called.add(name)
        return real(name, quiet)

    monkeypatch.setattr(shelf, "part", part)
    layer = getattr(mine.nn, name)(*arguments, **options)
    twin = getattr(nn, name)(*arguments, **options)
    twin.load_state_dict(layer.state_dict())
    input, results = torch.randn(size), []
    for module in (layer, twin):
        torch.manual_seed(1)  # the same numbers are dropped
        results.append(run(module, input))
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)
    # A convolution of one's own calls one's own im2col and col2im in turn.
    assert called - {"im2col", "col2im"} == set(layer.parts)
    assert repr(layer).endswith(", yours)")


@pytest.mark.parametrize("arguments", [(4, 4, 3, 1, 2), (4, 6, 5, 2, 3), (4, 4, 3, 1, 1)])
def test_an_inverted_residual_block_is_evaluated_by_its_parts(arguments, own, monkeypatch):
    called = set()
    real = shelf.part
    monkeypatch.setattr(
        shelf, "part", lambda name, quiet=False: (called.add(name), real(name, quiet))[1]
    )
    block, twin = mine.nn.InvertedResidual(*arguments), nn.InvertedResidual(*arguments)
    input = torch.randn(2, 4, 6, 8)
    twin.load_state_dict(block.state_dict())
    torch.testing.assert_close(block(input), twin(input), rtol=1e-4, atol=1e-5)  # in training
    assert "inverted_residual" not in called
    block.eval(), twin.eval()
    with torch.no_grad():
        torch.testing.assert_close(block(input), twin(input), rtol=1e-4, atol=1e-5)
    assert {"inverted_residual", "fold_batch_norm"} <= called
    block(input).sum().backward()  # what is differentiated goes by the layers
    assert block.project.weight.grad.any()
    assert "\n  yours\n" in repr(block)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "size"),
    [
        (lambda **o: models.resnet18(num_classes=5, **o), 64),
        (lambda **o: models.cifar_resnet(8, width=4, **o), 16),
        (lambda **o: models.vgg("A-LRN", num_classes=5, **o), 32),
        (lambda **o: models.alexnet(num_classes=5, towers=2, **o), 227),
    ],
    ids=["resnet18", "cifar_resnet", "vgg", "alexnet"],
)
def test_a_network_of_parts_is_the_network(build, size, own):
    with torch.no_grad():
        torch.manual_seed(0)
        ours = build(parts=mine).eval()
        torch.manual_seed(0)
        theirs = build().eval()
        assert [*ours.state_dict()] == [*theirs.state_dict()]
        image = torch.randn(1, 3, size, size)
        torch.testing.assert_close(ours(image), theirs(image), rtol=1e-3, atol=1e-4)
    assert ", yours)" in repr(ours)


def test_a_trained_network_of_parts_names_a_photograph(own):
    network = models.efficientnet_lite0(weights="imagenet", parts=mine)
    assert not network.training
    image = data.imagenet_input(data.photographs()["coffee"].image)
    with torch.no_grad():
        ours, theirs = (x(image[None]) for x in (network, models.efficientnet_lite0("imagenet")))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    assert data.imagenet_classes()[ours.argmax()] == "espresso"
    assert repr(network.stem).endswith(", yours)")


@pytest.mark.slow
@pytest.mark.parametrize("build", [models.googlenet, models.prelu_net, models.vgg, models.resnet18])
def test_every_layer_becomes_one_of_parts(build, own):
    with torch.device("meta"):
        ours, theirs = build(parts=mine), build()
        for one, other in zip(ours.modules(), theirs.modules(), strict=True):
            made = getattr(mine.nn, type(other).__name__, type(other))
            assert type(one) is made and isinstance(one, type(other))
        size = (3, 224, 224)
        assert str(sizing.summary(ours, size)) == str(sizing.summary(theirs, size))


def test_a_network_of_parts_learns_as_the_network_does(own):
    input, target = torch.randn(8, 3, 16, 16), torch.arange(8)
    losses = []
    for options in ({"parts": mine}, {}):
        torch.manual_seed(0)
        model = models.cifar_resnet(8, width=4, **options)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            loss = nn.CrossEntropyLoss()(model(input), target)
            optimiser.zero_grad(), loss.backward(), optimiser.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0] < 2.3


def test_printed_a_layer_says_whose_it_is(own):
    layer = mine.nn.Conv2d(3, 4, 3)
    assert repr(layer).endswith("bias=True, yours)")
    mine.lend("conv2d_backward_input")
    assert repr(layer).endswith("yours: conv2d, conv2d_backward_weight)")
    assert repr(mine.nn.Conv2d(3, 4, 3, dilation=2)).endswith("on loan)")
    shutil.rmtree(own)
    assert repr(layer).endswith("on loan)")
    assert "loan" not in repr(mine.nn.Linear(2, 3))


def test_a_part_that_fails_in_a_network_is_named(own):
    path = own / "max_pool2d.py"
    path.write_text(
        path.read_text().replace("    padded =", "    input = input.view(1)\n    padded =")
    )
    with pytest.raises(RuntimeError) as raised:
        models.resnet18(num_classes=3, parts=mine)(torch.randn(2, 3, 32, 32))
    (note,) = raised.value.__notes__
    assert "max_pool2d is your own" in note and "input (2, 64, 16, 16), kernel_size 3" in note


def test_a_gradient_of_a_wrong_shape_is_named(own):
    path = own / "conv2d_backward_input.py"
    path.write_text(path.read_text() + "\n\nconv2d_backward_input = lambda g, *a, **o: g\n")
    layer = mine.nn.Conv2d(3, 4, 3)
    with pytest.raises(
        ValueError, match=r"conv2d_backward_input gave a gradient of shape \(1, 4, "
    ):
        run(layer, torch.randn(1, 3, 5, 5))
