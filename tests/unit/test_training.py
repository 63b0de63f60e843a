"""The loop learns, repeats, goes on where it stopped, and says what went wrong."""

import copy
import os
import re
from itertools import chain

import pytest
import torch
import torch.nn.functional as F
from IPython.lib.pretty import pretty
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.devices import DEVICES
from utils import contest, sizing
from utils._common import checkpoints
from utils._common.checkpoints import CheckpointError
from utils._common.seeding import kept_random_state, seeded
from utils.data.augment import Augment
from utils.optim import SGD, MultiStepLR, StepLR
from utils.training import DivergenceError, Evaluation, History, evaluate, fit


def data(n=50, device="cpu"):
    """Images whose class is the quarter that is lit."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(4, (n,), generator=generator)
    images = 0.3 * torch.randn(n, 3, 4, 4, generator=generator)
    for label in range(4):
        row, column = 2 * (label // 2), 2 * (label % 2)
        images[labels == label, :, row : row + 2, column : column + 2] += 1
    return images.to(device), labels.to(device)


def network(device="cpu"):
    """With all that makes repeating hard: running statistics and dropout."""
    with seeded(0):
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(128, 4),
        )
    return model.to(device)


def train(model=None, *, epochs=4, lr=0.02, quiet=True, **settings):
    model = model or network()
    optimizer = SGD(model.parameters(), lr)
    schedule = StepLR(optimizer, 2)
    settings.setdefault("train", data())
    settings.setdefault("augment", Augment(padding=1, flip=0))
    settings.setdefault("batch_size", 16)
    history = fit(
        model,
        epochs=epochs,
        optimizer=optimizer,
        schedule=schedule,
        progress=not quiet,
        **settings,
    )
    return model, optimizer, history


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


@pytest.mark.parametrize("device", DEVICES)
def test_it_learns_where_the_model_is(device):
    model = network(device)
    history = fit(model, data(300), data(100, device), epochs=6, progress=False)
    assert next(model.parameters()).device.type == device
    assert history.train_loss[-1] < history.train_loss[0]
    assert history.validation_accuracy[-1] > 0.9
    assert len(history.step_loss) == 6 * 5
    assert history.lr == [1e-2] * 6


def test_a_result_is_shown_as_it_is_printed():
    paid = contest.Cost(950_000, 30_000, 20_000)
    said = {
        Evaluation(0.1804678757985433, 0.9361111111111111): "loss 0.1805, accuracy 93.6%",
        Evaluation(1.0, None): "loss 1.0000",
        sizing.conv_params(3, 96, 11): "34,848 weights and 96 biases, 34,944 together",
        paid: "1,000,000 = 950,000 multiply-adds + 30,000 other operations + 20,000 parameters",
    }
    for result, text in said.items():
        assert str(result) == pretty(result) == text
    tables = [History([1.0], [0.5], lr=[0.1], seconds=[2.0])]
    tables += [sizing.summary(network(), (3, 4, 4)), sizing.memory_budget(network(), (3, 4, 4))]
    for table in tables:
        assert pretty(table) == str(table) != repr(table)


def test_the_history_as_a_table():
    _, _, history = train(epochs=2, validation=data(20))
    lines = str(history).splitlines()
    assert len(lines) == 4
    assert f"{history.train_loss[1]:.4f}" in lines[3]
    assert f"{history.validation_accuracy[1]:.1%}" in lines[3]
    _, _, history = train(epochs=1)
    assert re.search(r"- +- +0\.02 ", str(history)), "no validation"


def test_a_step_is_the_optimisers():
    images, labels = data(16)
    ours, theirs = network().double(), network().double()
    for model in (ours, theirs):
        model[4].p = 0
    fit(ours, (images.double(), labels), epochs=3, batch_size=16, progress=False)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=1e-2, momentum=0.9, weight_decay=5e-4)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(theirs(images.double()), labels).backward()
        optimizer.step()
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_every_image_is_seen_once_an_epoch_in_a_new_order():
    images = torch.arange(10.0).view(10, 1, 1, 1)
    orders = []
    fit(
        nn.Sequential(nn.Flatten(), nn.Linear(1, 2)),
        (images, torch.zeros(10).long()),
        epochs=3,
        batch_size=4,
        augment=lambda x, generator: orders.append(x.flatten().tolist()) or x * 0,
        progress=False,
    )
    epochs = [list(chain(*orders[3 * i : 3 * i + 3])) for i in range(3)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != list(range(10))
    assert [len(batch) for batch in orders[:3]] == [4, 4, 2]


def test_a_seed_repeats_a_run():
    first, again, other = (train(seed=seed) for seed in (1, 1, 2))
    assert same(first[0].state_dict(), again[0].state_dict())
    assert first[2] == again[2]
    assert first[2].step_loss != other[2].step_loss


def test_random_numbers_outside_go_on_as_if_nothing_was():
    model = network()
    with kept_random_state():
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        train(model)
        assert torch.equal(torch.rand(3), expected)
        torch.manual_seed(5)
        with pytest.raises(DivergenceError):
            train(model, train=(data()[0] / 0, data()[1]))
        assert torch.equal(torch.rand(3), expected)


def test_the_outer_generator_does_not_matter():
    runs = []
    for outer in (1, 2):
        with kept_random_state():
            torch.manual_seed(outer)
            runs.append(train()[2])
    assert runs[0] == runs[1]


def loader(shuffle=True, own=False, **settings):
    generator = torch.Generator().manual_seed(3) if own else None
    return DataLoader(TensorDataset(*data()), 16, shuffle=shuffle, generator=generator, **settings)


SOURCES = {
    "tensors": data,
    "loader": loader,
    "loader with its own generator": lambda: loader(own=True),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("stop", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, source, stop):
    path = tmp_path / "new" / "run.pt"
    whole = train(train=source(), validation=data(20))
    train(train=source(), validation=data(20), epochs=stop, checkpoint=path)
    resumed = train(train=source(), validation=data(20), checkpoint=path, resume=True)
    assert same(whole[0].state_dict(), resumed[0].state_dict())
    assert same(whole[1].state_dict(), resumed[1].state_dict())
    assert whole[2] == resumed[2]
    assert len(resumed[2].seconds) == 4
    assert [file.name for file in path.parent.iterdir()] == ["run.pt"]


def test_interrupted_in_the_middle_of_an_epoch(tmp_path):
    path = tmp_path / "run.pt"
    whole = train()
    calls = []

    def interrupted(images, generator):
        calls.append(1)
        if len(calls) == 11:
            raise KeyboardInterrupt
        return Augment(padding=1, flip=0)(images, generator=generator)

    with pytest.raises(KeyboardInterrupt):
        train(checkpoint=path, augment=interrupted)
    assert checkpoints.load(path)["epoch"] == 2
    resumed = train(checkpoint=path, resume=True)
    assert same(whole[0].state_dict(), resumed[0].state_dict())
    assert whole[2] == resumed[2]


@pytest.mark.parametrize("kind", ["MultiStepLR", "plateau", "CosineAnnealingLR", "Adam"])
def test_other_schedules_and_optimisers_are_resumed_too(tmp_path, kind):
    def run(epochs, **settings):
        model = network()
        optimizer = torch.optim.Adam(model.parameters()) if kind == "Adam" else None
        optimizer = optimizer or SGD(model.parameters(), 0.05, lr_in_velocity=True)
        schedule = {
            "MultiStepLR": lambda: MultiStepLR(optimizer, [1, 3]),
            "plateau": lambda: torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0),
            "CosineAnnealingLR": lambda: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 4),
            "Adam": lambda: StepLR(optimizer, 2),
        }[kind]()
        settings = {"batch_size": 16, "progress": False} | settings
        return model, fit(model, data(), epochs=epochs, schedule=schedule, **settings)

    path = tmp_path / "run.pt"
    whole = run(4)
    run(2, checkpoint=path)
    resumed = run(4, checkpoint=path, resume=True)
    assert same(whole[0].state_dict(), resumed[0].state_dict())
    assert whole[1] == resumed[1]


def test_resume_begins_when_there_is_nothing_and_stops_when_all_is_done(tmp_path):
    path = tmp_path / "run.pt"
    first = train(checkpoint=path, resume=True)
    before = path.stat().st_mtime_ns
    again = train(checkpoint=path, resume=True)
    assert same(first[0].state_dict(), again[0].state_dict())
    assert first[2] == again[2]
    assert path.stat().st_mtime_ns == before


def test_a_checkpoint_is_not_overwritten_unasked(tmp_path):
    path = tmp_path / "run.pt"
    train(epochs=1, checkpoint=path)
    with pytest.raises(FileExistsError, match="resume=True"):
        train(epochs=1, checkpoint=path)
    with pytest.raises(ValueError, match="pass checkpoint="):
        train(resume=True)


def test_a_checkpoint_of_another_run_is_refused_and_changes_nothing(tmp_path):
    path = tmp_path / "run.pt"
    train(epochs=1, checkpoint=path)
    model = network()
    before = copy.deepcopy(model.state_dict())
    for settings, message in [
        ({"seed": 1}, "seed was 0, but is 1"),
        ({"batch_size": 8}, "batch_size was 16, but is 8"),
        ({"train": data(49)}, "inputs was"),
        ({"train": loader()}, "batches was None"),
    ]:
        with pytest.raises(CheckpointError, match=message):
            train(model, checkpoint=path, resume=True, **settings)
    model.append(nn.Linear(4, 4))
    with pytest.raises(CheckpointError, match=r"6\.weight is missing\n  6\.bias is missing"):
        train(model, checkpoint=path, resume=True)
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)


def test_a_broken_checkpoint_is_named(tmp_path):
    path = tmp_path / "run.pt"
    train(epochs=1, checkpoint=path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"run\.pt cannot be read"):
        train(checkpoint=path, resume=True)
    torch.save({"weights": 1}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        train(checkpoint=path, resume=True)


class Harmful:
    def __reduce__(self):
        return os.system, ("echo harm",)


def test_a_checkpoint_cannot_run_code(tmp_path, capfd):
    path = tmp_path / "run.pt"
    torch.save({"format": 1, "model": Harmful()}, path)
    with pytest.raises(CheckpointError):
        checkpoints.load(path)
    assert "harm\n" not in capfd.readouterr().out


def test_a_failed_write_leaves_the_older_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    train(epochs=1, checkpoint=path)
    before = path.read_bytes()

    def full(state, file):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="no space left"):
        train(epochs=2, checkpoint=path, resume=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_too_high_a_learning_rate_stops_and_says_so(tmp_path):
    path = tmp_path / "run.pt"
    with pytest.raises(DivergenceError) as caught:
        train(epochs=30, lr=1e19, checkpoint=path)
    error, message = caught.value, str(caught.value)
    assert f"at step {error.step} (epoch {error.epoch + 1}, batch" in message
    assert "try 1e+18" in message or "try 1e+17" in message
    assert len(error.history.step_loss) == error.step
    if path.exists():
        assert all(value.isfinite().all() for value in checkpoints.load(path)["model"].values())


def diverge(model=None, images=None, labels=None, **settings):
    pair = (data()[0] if images is None else images, data()[1] if labels is None else labels)
    with pytest.raises(DivergenceError) as caught:
        fit(model or network(), pair, progress=False, batch_size=16, **settings)
    causes = str(caught.value).split("\n- ")
    return causes[0], causes[1], caught.value


def test_divergence_names_the_likeliest_cause():
    images, _ = data()
    images[7, 0, 0, 0] = torch.nan
    what, cause, error = diverge(images=images)
    assert "the loss became nan at step" in what and error.epoch == 0
    assert cause.startswith("the inputs of this batch hold NaN")

    model = network()
    model[5].weight.data[0, 0] = torch.inf
    what, cause, error = diverge(model)
    assert "at step 0 (epoch 1, batch 1 of 4). Losses before it: none" in what and error.step == 0
    assert "5.weight is NaN or infinite already" in cause

    def wrong(output, target):
        return output.softmax(1).sub(2).log().mean()

    assert "log(0)" in diverge(loss_fn=wrong)[1]


def test_the_step_after_a_bad_loss_is_not_taken():
    model = network()
    before = copy.deepcopy(dict(model.named_parameters()))
    diverge(model, loss_fn=lambda output, target: F.cross_entropy(output, target) * torch.inf)
    assert same(dict(model.named_parameters()), before)


def test_weights_that_the_last_step_breaks_are_noticed(tmp_path):
    model, path = network(), tmp_path / "run.pt"

    def explode(output, target):
        loss = F.cross_entropy(output, target)
        loss.register_hook(lambda grad: grad * torch.inf)
        return loss

    with pytest.raises(DivergenceError, match=r"the last step of an epoch made 0\.weight NaN"):
        fit(model, data(10), epochs=1, loss_fn=explode, checkpoint=path, progress=False)
    assert not path.exists()


def test_modes_are_left_as_found():
    model = network()
    model.eval()
    model[1].train()
    train(model, validation=data(20))
    evaluate(model, data(20))
    assert [module.training for module in model] == [False, True, False, False, False, False]
    assert not model.training


@pytest.mark.parametrize("device", DEVICES)
def test_evaluate(device):
    model, (images, labels) = network(device), data()
    before = copy.deepcopy(model.state_dict())
    result = evaluate(model, (images, labels), batch_size=7)
    model.eval()
    output = model(images.to(device)).cpu()
    assert result.loss == pytest.approx(F.cross_entropy(output, labels).item(), rel=1e-5)
    assert result.accuracy == pytest.approx((output.argmax(1) == labels).float().mean().item())
    assert same(model.state_dict(), before)
    pairs = [(images[:30], labels[:30]), (images[30:], labels[30:])]
    assert evaluate(model, pairs) == pytest.approx(result)


def test_other_targets_have_no_accuracy():
    images, _ = data()
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    pair = (images, torch.zeros(50, 2))
    history = fit(model, pair, pair, epochs=2, loss_fn=F.mse_loss, progress=False)
    assert history.train_accuracy == history.validation_accuracy == [None, None]
    assert history.validation_loss[1] < history.validation_loss[0]


def test_progress(capsys):
    train(quiet=False)
    shown = capsys.readouterr().err
    assert "epoch 4/4: 100%" in shown and "16/16" in shown and "accuracy=" in shown
    train()
    assert not capsys.readouterr().err


OTHER = nn.Linear(2, 2)


@pytest.mark.parametrize(
    "settings, error, message",
    [
        ({"epochs": 0}, ValueError, "epochs"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"train": data()[0]}, TypeError, "pair of tensors"),
        ({"train": (data()[0], data()[1][:9])}, ValueError, "one target for each input"),
        ({"train": (data()[0], [1])}, TypeError, "targets must be a tensor"),
        ({"train": (*data(), 3)}, TypeError, "tuple of 3"),
        ({"train": TensorDataset(*data())}, TypeError, "DataLoader"),
        ({"train": data(0)}, ValueError, "train holds no data"),
        ({"validation": data(0)}, ValueError, "validation holds no data"),
        ({"train": (data()[0].byte(), data()[1])}, TypeError, r"images.float\(\) / 255"),
        ({"train": (data()[0], data()[1] + 1)}, ValueError, "go from 1 to 4, .* 0 to 3"),
        ({"train": (data()[0], data()[1].int())}, TypeError, r"targets.long\(\)"),
        ({"optimizer": SGD(OTHER.parameters())}, ValueError, "no parameter of this model"),
        ({"schedule": StepLR(SGD(OTHER.parameters()), 1)}, ValueError, "no parameter"),
        ({"loss_fn": lambda o, t: o.sum(1)}, ValueError, r"one number.*\(50,\)"),
        ({"loss_fn": lambda o, t: 1.0}, ValueError, "not float"),
        ({"seed": -1}, ValueError, "seed"),
        ({"seed": "a"}, TypeError, "seed"),
    ],
)
def test_errors(settings, error, message):
    settings = {"train": data(), "progress": False, "epochs": 1} | settings
    with pytest.raises(error, match=message):
        fit(network(), **settings)


def test_a_schedule_of_another_optimiser():
    model = network()
    schedule = StepLR(SGD(model.parameters()), 1)
    with pytest.raises(ValueError, match="schedule is of another optimizer"):
        fit(model, data(), optimizer=SGD(model.parameters()), schedule=schedule)
