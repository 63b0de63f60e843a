"""The networks have the published sizes, and compute what torch's layers compute."""

import copy
import hashlib
import json
import re
from pathlib import Path

import pytest
import torch

from tests.devices import DEVICES, PRECISE
from utils import mine, models, nn, sizing
from utils._common import files
from utils._common.checkpoints import CheckpointError
from utils._common.files import ChecksumError, DownloadError
from utils.data import shapes
from utils.models import pretrained
from utils.models.torch_layers import COPIED, as_torch
from utils.optim import SGD
from utils.training import fit

TABLE = json.loads((Path(__file__).parents[1] / "tables" / "torchvision.json").read_text("utf-8"))

TORCHVISIONS = {
    "alexnet": lambda **k: models.alexnet(**k),
    "googlenet": lambda **k: models.googlenet(**k),
    **{f"resnet{d}": lambda d=d, **k: models.resnet(d, **k) for d in (18, 34, 50, 101, 152)},
    **{
        f"vgg{number}{'_bn' * norm}": lambda c=c, norm=norm, **k: models.vgg(c, norm, **k)
        for number, c in {11: "A", 13: "B", 16: "D", 19: "E"}.items()
        for norm in (False, True)
    },
}


def on_meta(build, *arguments, **options):
    """A model without memory, which is built and sized at once."""
    with torch.device("meta"):
        return build(*arguments, **options)


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", TABLE["state_dicts"])
def test_keys_and_shapes_are_torchvisions(name):
    ours = {
        key: " ".join(map(str, tensor.shape))
        for key, tensor in on_meta(TORCHVISIONS[name]).state_dict().items()
    }
    assert list(ours.items()) == list(TABLE["state_dicts"][name].items())


@pytest.mark.parametrize("name", TABLE["models"])
def test_parameters_and_work_are_the_published(name):
    model, row = on_meta(TORCHVISIONS[name]), TABLE["models"][name]
    assert model.torchvision_name == name
    assert count(model) == row["parameters"]
    table = sizing.summary(model)
    assert table.parameters == row["parameters"]
    digits = 3 if name != "googlenet" else 2
    assert round(table.multiply_adds / 1e9, digits) == row["published_giga"]
    if name.startswith("resnet") and "giga_stride_in_1x1" in row:
        paper = sizing.summary(on_meta(models.resnet, model_depth(name), stride_in="1x1"))
        assert round(paper.multiply_adds / 1e9, 3) == row["giga_stride_in_1x1"]


def model_depth(name):
    return int(name.removeprefix("resnet"))


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        # Krizhevsky et al. (2012), figure 2, layer by layer; ungrouped as the same without the cut.
        (lambda: models.alexnet(towers=2), 60_965_224),
        (lambda: models.alexnet(towers=2, groups=1), 62_378_344),
        # Simonyan & Zisserman (2015), table 2, in millions: 133, 133, 133, 134, 138, 144.
        (lambda: models.vgg("A"), 132_863_336),
        (lambda: models.vgg("A-LRN"), 132_863_336),
        (lambda: models.vgg("B"), 133_047_848),
        (lambda: models.vgg("C"), 133_638_952),
        (lambda: models.vgg("D"), 138_357_544),
        (lambda: models.vgg("E"), 143_667_240),
        # He et al. (2016), table 6, in millions: 0.27, 0.46, 0.66, 0.85, 1.7, 19.4.
        (lambda: models.cifar_resnet(20), 269_722),
        (lambda: models.cifar_resnet(20, shortcut="B"), 272_474),
        (lambda: models.cifar_resnet(32), 464_154),
        (lambda: models.cifar_resnet(44), 658_586),
        (lambda: models.cifar_resnet(56), 853_018),
        (lambda: models.cifar_resnet(110), 1_727_962),
        # What the shortcuts of option B add is all that differs between these.
        (lambda: models.resnet(34, shortcut="A"), 21_797_672 - 172_032 - 2 * (128 + 256 + 512)),
        (lambda: models.resnet(34, residual=False), 21_797_672 - 172_032 - 2 * (128 + 256 + 512)),
    ],
)
def test_parameters_of_the_papers_variants(build, parameters):
    assert count(on_meta(build)) == parameters


def test_work_of_the_papers_variants():
    # He et al. (2015), arXiv:1502.01852, table 3: multiply-adds, in units of 10^10.
    for name, published in {"A": 1.90, "B": 2.32, "C": 5.30}.items():
        table = sizing.summary(on_meta(models.prelu_net, name))
        assert table.multiply_adds / 1e10 == pytest.approx(published, rel=0.01)
        assert len(table.only("Conv2d", "Linear")) == {"A": 19, "B": 22, "C": 22}[name]
    # Szegedy et al. (2015), table 1, column "ops", in millions.
    table = sizing.summary(on_meta(models.googlenet, paper=True)).grouped()
    published = {"3a": 128, "3b": 304, "4a": 73, "4b": 88, "4c": 100, "4d": 119, "4e": 170}
    published |= {"5a": 54, "5b": 71}
    for name, work in published.items():
        assert table[f"inception{name}"].multiply_adds / 1e6 == pytest.approx(work, rel=0.06)


def small(build, part=None):
    """A model, or only its conv layers, so that huge fully connected ones need no memory."""
    if part is None:
        return build()
    model = getattr(on_meta(build), part).to_empty(device="cpu")
    for parameter in model.parameters():
        fan_in = parameter[0].numel()
        torch.nn.init.normal_(parameter, std=(2 / fan_in) ** 0.5)
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
    return model


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("build", "part", "size"),
    [
        (lambda: models.alexnet(10), "features", 100),
        (lambda: models.alexnet(10, towers=2), "features", 99),
        (lambda: models.vgg("A-LRN"), "features", 32),
        (lambda: models.vgg("C", batch_norm=True), "features", 32),
        (lambda: models.resnet(18, num_classes=10), None, 64),
        (lambda: models.resnet(34, shortcut="A", num_classes=10), None, 33),
        (lambda: models.resnet(18, shortcut="C", num_classes=10), None, 64),
        (lambda: models.resnet(18, residual=False, num_classes=10), None, 64),
        (lambda: models.resnet(50, stride_in="1x1", num_classes=10), None, 64),
        (lambda: models.resnet(18, batch_norm=False, num_classes=10), None, 64),
        (lambda: models.cifar_resnet(20), None, 32),
        (lambda: models.cifar_resnet(14, shortcut="B"), None, 31),
        (lambda: models.googlenet(10, paper=True), None, 64),
        (lambda: models.googlenet(10), None, 64),
        (lambda: models.prelu_net("A"), "features", 32),
    ],
)
@pytest.mark.slow
def test_a_network_computes_what_torchs_layers_do(build, part, size, device):
    torch.manual_seed(0)
    dtype = torch.float64 if device in PRECISE else torch.float32
    ours = small(build, part).to(device, dtype)
    theirs = as_torch(copy.deepcopy(ours)).to(device, dtype)
    assert not any(type(layer) in COPIED for layer in theirs.modules())
    images = torch.randn(2, 3, size, size, device=device, dtype=dtype)
    for mode in (True, False):
        ours.train(mode), theirs.train(mode)
        outputs = []
        for model in (ours, theirs):
            model.zero_grad()
            torch.manual_seed(1)
            output = model.eval()(images) if _drops(model) else model(images)
            output.square().mean().backward()
            outputs.append(output)
        tolerance = 1e-8 if device in PRECISE else 1e-2
        assert relative(*outputs) < tolerance
        largest = max(parameter.grad.norm() for parameter in theirs.parameters())
        for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
            # A bias before batch normalisation has gradient 0, but for rounding.
            error = (one.grad - other.grad).norm() / max(other.grad.norm(), 1e-6 * largest)
            assert error < 100 * tolerance, name


def relative(one, other):
    return ((one - other).norm() / other.norm().clamp(min=1e-9)).item()


def _drops(model):
    # Dropout draws other numbers in ours and in torch's.
    return any(type(layer).__name__ == "Dropout" for layer in model.modules())


def test_sizes_that_the_papers_disagree_about():
    for towers in (1, 2):
        for size in (224, 227):
            model = on_meta(models.alexnet, towers=towers, input_size=size)
            table = sizing.summary(model, (3, size, size))
            outputs = [row.output_shape[1] for row in table.only("Conv2d", "MaxPool2d")]
            assert outputs == [55, 27, 27, 13, 13, 13, 13, 6]
    assert sizing.summary(on_meta(models.alexnet, towers=2), (3, 227, 227))[0].parameters == 34_944


def test_googlenets_side_classifiers_speak_in_training_only():
    torch.manual_seed(0)
    model = models.googlenet(10, aux_logits=True)
    images = torch.randn(2, 3, 64, 64)
    output = model(images)
    assert [tuple(scores.shape) for scores in output] == [(2, 10)] * 3
    assert output._fields == ("logits", "aux2", "aux1")
    assert model.eval()(images).shape == (2, 10)
    with pytest.raises(ValueError, match="14x14"):
        on_meta(models.prelu_net, "A")(torch.zeros(1, 3, 200, 200, device="meta"))


def test_the_papers_alexnet_begins_as_the_paper_says():
    model = models.alexnet(10, towers=2)
    biases = [p[0].item() for n, p in model.named_parameters() if n.endswith("bias")]
    assert biases == [0, 1, 0, 1, 1, 1, 1, 0]
    weight = model.features[4].weight
    assert weight.std().item() == pytest.approx(0.01, rel=0.02)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: models.alexnet(towers=3), ValueError, "towers must be one of 1, 2"),
        (lambda: models.alexnet(input_size=256), ValueError, "input_size must be one of 224, 227"),
        (lambda: models.vgg("F"), ValueError, "one of 'A', 'A-LRN', 'B'"),
        (lambda: models.vgg(16), ValueError, "configuration"),
        (lambda: models.resnet(20), ValueError, "depth must be one of 18, 34, 50, 101, 152"),
        (lambda: models.resnet(18, shortcut="D"), ValueError, "shortcut"),
        (lambda: models.cifar_resnet(18), ValueError, r"6 n \+ 2"),
        (lambda: models.cifar_resnet("20"), TypeError, "depth must be an integer"),
        (lambda: models.cifar_resnet(20, width=0), ValueError, "width must be at least 1"),
        (lambda: models.cifar_resnet(20, in_channels=1.0), TypeError, "in_channels must be"),
        (lambda: models.googlenet(0), ValueError, "num_classes must be at least 1"),
        (lambda: models.prelu_net(num_classes=1.5), TypeError, "num_classes must be an integer"),
    ],
)
def test_what_is_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_a_narrow_cifar_resnet_for_grey_images():
    model = models.cifar_resnet(8, width=4, in_channels=1)
    assert model(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    weights = [getattr(module, "weight", None) for module in model.modules()]
    filters = [x.shape[:2] for x in weights if x is not None and x.ndim == 4]
    assert filters == [(4, 1), (4, 4), (4, 4), (8, 4), (8, 8), (16, 8), (16, 16)]


@pytest.mark.slow
def test_a_small_resnet_learns_drawn_shapes():
    torch.manual_seed(0)
    data = shapes(120, difficulty=0.0, classes=("circle", "square", "cross"))
    model = models.cifar_resnet(8, num_classes=3)
    optimizer = SGD(model.parameters(), lr=0.05)
    history = fit(model, data, epochs=6, batch_size=20, optimizer=optimizer, progress=False)
    assert history.train_accuracy[-1] > 0.9


# Published weights: on files that the test makes


def published(model, path):
    """A file such as torchvision's, with its first eight digits."""
    torch.save({key: (0.1 * torch.rand(v.shape)).to(v.dtype) for key, v in model.items()}, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def test_weights_come_once_with_a_checksum(tmp_path, monkeypatch, server):
    monkeypatch.setenv("CONVNETS_CACHE", str(tmp_path / "cache"))
    model = models.resnet(18)
    digits = published(model.state_dict(), tmp_path / "published.pth")
    content = (tmp_path / "published.pth").read_bytes()
    server.answers["/published.pth"] = (content, len(content))
    url = f"{server.url}/published.pth"
    loaded = models.load_pretrained(model, url=url, sha256=digits, progress=False)
    assert loaded is model
    saved = torch.load(tmp_path / "published.pth", weights_only=True)
    for key, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, saved[key])
    models.load_pretrained(model, url=url, sha256=digits)  # from the cache
    assert server.requests == 1
    kept = tmp_path / "cache" / "resnet18-f37072fd.pth"
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(ChecksumError, match="not the published file"):
        models.load_pretrained(model, url=url, sha256=digits)


def test_without_a_network_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVNETS_CACHE", str(tmp_path))
    model = on_meta(models.vgg, "D")
    with pytest.raises(DownloadError, match=r"vgg16-397923af\.pth.*refused.*another computer"):
        models.load_pretrained(model, url="http://127.0.0.1:9/vgg16-397923af.pth")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError, match=r"download\.pytorch\.org/models/vgg16-397923af"):
        models.load_pretrained(model, tmp_path / "vgg16.pth")


@pytest.mark.slow
def test_weights_for_other_classes_and_other_models(tmp_path):
    state = models.resnet(18).state_dict()
    digits = published(state, tmp_path / "r.pth")
    model = models.resnet(18, num_classes=5)
    before = model.fc.weight.clone()
    with pytest.raises(CheckpointError, match=r"fc\.weight is \(1000, 512\) there"):
        models.load_pretrained(model, tmp_path / "r.pth", sha256=digits)
    models.load_pretrained(model, tmp_path / "r.pth", sha256=digits, head=False)
    assert torch.equal(model.fc.weight, before)
    assert not torch.equal(model.conv1.weight, state["conv1.weight"])
    with pytest.raises(CheckpointError, match="of another model"):
        models.load_pretrained(on_meta(models.resnet, 34), tmp_path / "r.pth", sha256=digits)
    short = {key: x for key, x in state.items() if key not in ("fc.bias", "layer2.0.conv1.weight")}
    digits = published(short | {"extra": torch.ones(2)}, tmp_path / "s.pth")
    with pytest.raises(CheckpointError) as caught:
        models.load_pretrained(models.resnet(18), tmp_path / "s.pth", sha256=digits)
    assert str(caught.value).splitlines()[1:] == [
        "  layer2.0.conv1.weight is missing",
        "  fc.bias is missing",
        "  extra is not of this model",
    ]
    with pytest.raises(ChecksumError, match="not f37072fd"):
        models.load_pretrained(model, tmp_path / "r.pth")


BUILDERS = {
    "alexnet": models.alexnet,
    "vgg16": models.vgg,
    "vgg11_bn": lambda **options: models.vgg("A", batch_norm=True, **options),
    "resnet18": models.resnet18,
    "resnet50": lambda **options: models.resnet(50, **options),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_a_builder_asks_for_its_own_file_and_no_other(name, tmp_path, monkeypatch, server):
    """What comes is refused here, by the first digits of its checksum."""
    monkeypatch.setenv("CONVNETS_CACHE", str(tmp_path))
    monkeypatch.setattr(pretrained, "FOLDER_URL", f"{server.url}/models/")
    file = models.PRETRAINED[name].file
    server.answers[f"/models/{file}"] = (b"other", 5)
    digits = re.search("-([0-9a-f]{8})", file)[1]
    with torch.device("meta"), pytest.raises(ChecksumError, match=f"{file} is not .*{digits}"):
        BUILDERS[name](weights="imagenet")
    assert server.requests == 1 and list(tmp_path.iterdir()) == []


def test_a_builder_loads_the_weights_and_then_takes_the_parts(tmp_path, monkeypatch, server):
    monkeypatch.setenv("CONVNETS_CACHE", str(tmp_path))
    monkeypatch.setattr(pretrained, "FOLDER_URL", f"{server.url}/")
    digits = published(models.resnet18().state_dict(), tmp_path / "resnet18.pth")
    weights = pretrained.Weights(f"resnet18-{digits}.pth")
    monkeypatch.setitem(models.PRETRAINED, "resnet18", weights)
    content = (tmp_path / "resnet18.pth").read_bytes()
    server.answers[f"/{weights.file}"] = (content, len(content))
    saved = torch.load(tmp_path / "resnet18.pth", weights_only=True)
    for parts in (None, mine):
        model = models.resnet18(weights="imagenet", parts=parts)
        assert not model.training
        assert torch.equal(model.layer4[1].conv2.weight, saved["layer4.1.conv2.weight"])
        assert isinstance(model.conv1, mine.nn.Conv2d) is (parts is mine)
    assert server.requests == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: models.alexnet(weights="coco"), "weights must be one of None, 'imagenet'"),
        (lambda: models.vgg("C", weights="imagenet"), "no published weights for this VGG"),
        (lambda: models.resnet18(num_classes=10, weights="imagenet"), "is 10; .*head=False"),
    ],
)
def test_weights_that_a_builder_refuses(build, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build()


@pytest.mark.slow
def test_old_files_lack_counters_and_googlenets_has_more(tmp_path):
    old = models.resnet(18).state_dict()
    for key in [key for key in old if key.endswith("num_batches_tracked")]:
        del old[key]
    digits = published(old, tmp_path / "old.pth")
    model = models.load_pretrained(models.resnet(18), tmp_path / "old.pth", sha256=digits)
    assert model.bn1.num_batches_tracked == 0
    digits = published(models.googlenet(aux_logits=True).state_dict(), tmp_path / "g.pth")
    plain = models.load_pretrained(models.googlenet(), tmp_path / "g.pth", sha256=digits)
    assert plain.transform_input
    image = torch.rand(1, 3, 64, 64)
    normalised = (image - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(3, 1, 1)
    with torch.no_grad():
        one = plain.eval()(normalised)
        plain.transform_input = False
        other = plain(2 * image - 1)
    assert relative(one, other) < 1e-3


class Harmful:
    def __reduce__(self):
        return print, ("harm",)


def test_a_file_of_weights_cannot_run_code(tmp_path, capsys):
    torch.save({"conv1.weight": Harmful()}, tmp_path / "bad.pth")
    digits = files.checksum(tmp_path / "bad.pth", "sha256")[:8]
    with pytest.raises(CheckpointError, match="cannot be read"):
        models.load_pretrained(models.resnet(18), tmp_path / "bad.pth", sha256=digits)
    assert "harm" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "build",
    [
        lambda: models.vgg("C"),
        lambda: models.alexnet(towers=2),
        lambda: models.resnet(50, stride_in="1x1"),
        lambda: models.resnet(18, residual=False),
        lambda: models.googlenet(paper=True),
        lambda: models.cifar_resnet(20),
    ],
)
def test_nobody_publishes_weights_for_these(build):
    with pytest.raises(ValueError, match="no published weights"):
        models.load_pretrained(on_meta(build))
