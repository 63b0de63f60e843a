"""Shapes are drawn as asked for; CIFAR-10's archive is read as published, and never trusted."""

import errno
import functools
import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest
import torch

from utils._common import files
from utils._common.files import ChecksumError, DownloadError
from utils.data import CIFAR10_CLASSES, SHAPES, cifar, cifar10, shapes

# Shapes


def test_shapes_are_images_with_labels_in_equal_numbers():
    drawn = shapes(205, difficulty=0.7)
    assert drawn.images.shape == (205, 3, 32, 32) and drawn.images.dtype == torch.float32
    assert drawn.images.min() >= 0 and drawn.images.max() <= 1
    assert drawn.labels.dtype == torch.int64
    counts = torch.bincount(drawn.labels)
    assert len(counts) == len(SHAPES) == 10 and set(counts.tolist()) == {20, 21}
    assert (drawn.labels.diff() != 1).any(), "shuffled"


def test_a_seed_repeats_the_shapes_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    first, again, other = (shapes(30, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.images, again.images) and torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)
    assert torch.equal(torch.get_rng_state(), before)


def test_drawing_in_parts_changes_nothing(monkeypatch):
    whole = shapes(50)
    monkeypatch.setattr("utils.data.generated.CHUNK", 50)
    # The noise is drawn in the parts' order, which is the images' order: for whole parts of 16
    # numbers or more, torch draws the same ones.
    assert torch.equal(shapes(50).images, whole.images)


@functools.cache
def measured(difficulty):
    """Mean distance of light from the middle, noise, and contrast of 500 images."""
    images = shapes(500, difficulty=difficulty).images
    noise = (images[:, :, :2, 1:] - images[:, :, :2, :-1]).abs().median()
    return noise.item(), images.flatten(1).std(1).mean().item()


def nearest_mean_accuracy(difficulty):
    train, test = (shapes(1000, difficulty=difficulty, seed=seed) for seed in (0, 1))
    grey = train.images.mean(1).flatten(1)
    means = torch.stack([grey[train.labels == label].mean(0) for label in range(10)])
    guess = torch.cdist(test.images.mean(1).flatten(1), means).argmin(1)
    return (guess == test.labels).float().mean().item()


@pytest.mark.slow
def test_difficulty_is_what_it_says():
    easy, middle, hard = (nearest_mean_accuracy(difficulty) for difficulty in (0, 0.5, 1))
    assert easy > 0.9 > middle > hard
    assert hard < 0.3
    assert measured(0)[0] < measured(0.5)[0] < measured(1)[0], "noise grows"


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_there_and_large_enough(name):
    images = shapes(20, difficulty=0, classes=(name,), size=64).images.mean(1)
    corner = images[:, :4, :4].mean((1, 2))
    lit = (images > corner[:, None, None] + 0.3).float().mean((1, 2))
    assert ((lit > 0.05) & (lit < 0.6)).all()
    centre = images[:, 30:34, 30:34].mean((1, 2))
    hollow = name in ("ring", "frame")
    if name != "crescent":
        assert ((centre < corner + 0.3) == hollow).all()


def test_classes_and_size():
    drawn = shapes(40, classes=("star", "ring"), size=16, difficulty=0)
    assert drawn.images.shape == (40, 3, 16, 16)
    assert set(drawn.labels.tolist()) == {0, 1}
    middle = drawn.images[:, :, 7:9, 7:9].mean((1, 2, 3))
    assert middle[drawn.labels == 0].min() > middle[drawn.labels == 1].max()


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"n": 0}, ValueError, "n must be at least 1"),
        ({"n": 2.5}, TypeError, "n must be a whole number"),
        ({"difficulty": 1.2}, ValueError, "difficulty must be from 0 to 1"),
        ({"seed": -1}, ValueError, "seed"),
        ({"size": 4}, ValueError, "size must be at least 8"),
        ({"classes": ("circle", "hexagon")}, ValueError, "names out of circle, ring"),
        ({"classes": ("circle", "circle")}, ValueError, "different"),
        ({"classes": ()}, ValueError, "classes"),
    ],
)
def test_bad_shapes(arguments, error, message):
    with pytest.raises(error, match=message):
        shapes(**{"n": 3} | arguments)


# CIFAR-10


class Python2Pickler(pickle._Pickler):
    """Writes as Python 2 and the numpy of 2009 did, in which CIFAR-10 is published."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012 (pickle wants it so)

    def save_bytes(self, value):
        self.write(b"T" + len(value).to_bytes(4, "little") + value)
        self.memoize(value)

    dispatch[bytes] = save_bytes

    def save_global(self, value, name=None):
        module = value.__module__.replace("numpy._core", "numpy.core")
        self.write(f"c{module}\n{name or value.__name__}\n".encode())
        self.memoize(value)

    dispatch[type] = save_global
    dispatch[type(save_bytes)] = save_global
    dispatch[type(len)] = save_global


def batch(seed, n=6, **changes):
    numbers = np.random.default_rng(seed)
    content = {
        b"batch_label": b"training batch 1 of 5",
        b"labels": numbers.integers(0, 10, n).tolist(),
        b"data": numbers.integers(0, 256, (n, 3072), dtype=np.uint8),
        b"filenames": [b"camion_s_000148.png"] * n,
    }
    content |= {name.encode(): value for name, value in changes.items()}
    return {name: value for name, value in content.items() if value is not None}


def pickled(content):
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(content)
    return file.getvalue()


def archive(folder, **replace):
    """Write a small archive; `replace` gives other bytes for a member, or None to leave it out."""
    members = {f"data_batch_{i}": pickled(batch(i)) for i in (1, 2, 3, 4, 5)}
    members = {"batches.meta": b"names", "readme.html": b"read"} | members
    members |= {"test_batch": pickled(batch(6))} | replace
    folder.mkdir(exist_ok=True)
    path = folder / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        # The published archive is not in order, either.
        for name, content in sorted(members.items(), reverse=True):
            if content is not None:
                info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    return path


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def test_the_archive_is_written_as_python_2_did():
    content = pickled(batch(1))
    assert content.startswith(b"\x80\x02}")
    assert b"cnumpy.core.multiarray\n_reconstruct\n" in content
    assert b"_codecs" not in content and b"_core" not in content


def test_cifar10_is_read_as_published(tmp_path):
    path = archive(tmp_path)
    data = cifar10(tmp_path, md5=md5(path))
    assert data.train_images.shape == (30, 3, 32, 32) and data.test_images.shape == (6, 3, 32, 32)
    assert data.train_images.dtype == torch.float32 and data.train_labels.dtype == torch.int64
    for i in range(5):
        published = batch(i + 1)
        part = slice(6 * i, 6 * i + 6)
        assert data.train_labels[part].tolist() == published[b"labels"]
        # Published as rows of 1024 red, 1024 green, 1024 blue, each row by row.
        pixels = (data.train_images[part] * 255).round().to(torch.uint8)
        assert np.array_equal(pixels.flatten(1).numpy(), published[b"data"])
        assert pixels[0, 1, 2, 3] == published[b"data"][0, 1024 + 2 * 32 + 3]
    assert data.test_labels.tolist() == batch(6)[b"labels"]
    assert 0 <= data.train_images.min() and data.train_images.max() <= 1
    assert len(CIFAR10_CLASSES) == 10 and CIFAR10_CLASSES[3] == "cat"


def test_a_pickle_of_todays_numpy_is_read_too(tmp_path):
    content = {name.decode(): value for name, value in batch(1).items()}
    today = pickle.dumps(content, protocol=2)
    with pytest.raises(ValueError, match="data_batch_1"):  # its keys are texts
        cifar10(archive(tmp_path, data_batch_1=today).parent, md5=None)
    file = io.BytesIO()
    pickler = Python2Pickler(file, protocol=2)
    pickler.dispatch = Python2Pickler.dispatch | {type(len): pickle._Pickler.save_global}
    pickler.dump(batch(1))
    today = file.getvalue().replace(b"numpy.core.", b"numpy._core.")
    assert len(cifar10(archive(tmp_path, data_batch_1=today).parent, md5=None).train_labels) == 30


def test_the_published_checksum_is_asked_for_by_default(tmp_path):
    archive(tmp_path)
    with pytest.raises(ChecksumError, match="c58f30108f718f92721af3b95e74349a"):
        cifar10(tmp_path)


class Harmful:
    def __reduce__(self):
        return os.system, ("echo harm",)


@pytest.mark.parametrize(
    "content, message",
    [
        (pickle.dumps(Harmful(), 2), "asks for (posix|nt).system"),
        (pickle.dumps([Harmful()], 0), "asks for (posix|nt).system"),
        (b"cbuiltins\neval\n(V1\ntR.", "asks for builtins.eval"),
        (b"cnumpy\nload\n.", "asks for numpy.load"),
        (b"", "data_batch_2 is not a batch"),
        (b"nonsense", "data_batch_2 "),
        (pickled(batch(2))[:-100], "data_batch_2 "),
        (pickled([1]), "is not a batch"),
        (pickled(batch(2, data=None)), "is not a batch"),
        (pickled(batch(2, data=b"text")), "must hold uint8"),
        (pickled(batch(2, data=np.zeros((6, 3072)))), "must hold uint8"),
        (pickled(batch(2, data=np.zeros((6, 3000), np.uint8))), r"must hold \(6, 3072\)"),
        (pickled(batch(2, labels=[1, 2])), r"must hold \(2, 3072\)"),
        (pickled(batch(2, labels=[10] * 6)), "labels from 10 to 10"),
        (pickled(batch(2, labels=[b"cat"] * 6)), "is not a batch"),
        (None, "data_batch_2 is missing"),
    ],
)
def test_what_is_not_cifar10_is_refused(tmp_path, capfd, content, message):
    archive(tmp_path, data_batch_2=content)
    with pytest.raises(ValueError, match=message):
        cifar10(tmp_path, md5=None)
    assert "harm\n" not in capfd.readouterr().out


def test_a_broken_archive(tmp_path):
    path = archive(tmp_path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"no readable tar\.gz"):
        cifar10(tmp_path, md5=None)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(ValueError, match=r"no readable tar\.gz"):
        cifar10(tmp_path, md5=None)


def test_links_in_the_archive_are_not_followed(tmp_path):
    path = archive(tmp_path)
    with tarfile.open(path, "w:gz") as file:
        info = tarfile.TarInfo("cifar-10-batches-py/test_batch")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(ValueError, match="is missing"):
        cifar10(tmp_path, md5=None)


def test_without_the_archive_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVNETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(files, "download", None)
    with pytest.raises(FileNotFoundError, match=r"download=True.*170 MB.*cs\.toronto\.edu") as e:
        cifar10()
    assert str(tmp_path / "cache" / "cifar-10-python.tar.gz") in str(e.value)
    assert not (tmp_path / "cache").exists()


# Downloads


def test_cifar10_is_downloaded_once(tmp_path, server, capsys):
    path = archive(tmp_path / "there")
    content = path.read_bytes()
    server.answers["/cifar.tar.gz"] = (content, len(content))
    folder = tmp_path / "new" / "cache"
    settings = {"download": True, "url": f"{server.url}/cifar.tar.gz", "md5": md5(path)}
    data = cifar10(folder, **settings)
    assert "cifar-10-python.tar.gz" in capsys.readouterr().err, "a progress bar"
    assert len(data.train_images) == 30
    assert [file.name for file in folder.iterdir()] == ["cifar-10-python.tar.gz"]
    cifar10(folder, **settings, progress=False)
    assert server.requests == 1
    assert not capsys.readouterr().err


@pytest.mark.parametrize("claimed", [None, 1000])
def test_a_download_that_breaks_off_leaves_nothing(tmp_path, server, claimed):
    content = b"x" * 600
    server.answers["/file"] = (content, claimed)
    expected = hashlib.md5(b"x" * 1000).hexdigest()
    error = ChecksumError if claimed is None else DownloadError
    with pytest.raises(error, match="try again" if claimed is None else "600 bytes read, 400 more"):
        files.download(f"{server.url}/file", tmp_path / "file", expected, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_not_kept(tmp_path, server):
    server.answers["/file"] = (b"other", 5)
    with pytest.raises(ChecksumError, match="not the published file"):
        files.download(f"{server.url}/file", tmp_path / "file", "0" * 32, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_other_checksums(tmp_path, server):
    server.answers["/file"] = (b"content", 7)
    expected = hashlib.sha256(b"content").hexdigest()
    path = files.download(
        f"{server.url}/file", tmp_path / "file", expected, algorithm="sha256", progress=False
    )
    assert path.read_bytes() == b"content"


def test_no_such_file_and_no_network(tmp_path, server):
    url = f"{server.url}/absent"
    with pytest.raises(DownloadError, match=r"Not Found.*another computer"):
        cifar10(tmp_path, download=True, url=url, progress=False)
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match="refused") as caught:
        cifar10(tmp_path, download=True, url=url, progress=False)
    assert str(tmp_path / "cifar-10-python.tar.gz") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full(tmp_path, server, monkeypatch):
    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(errno.ENOSPC, "No space left on device")

    server.answers["/file"] = (b"content", 7)
    monkeypatch.setattr(files, "write_atomic", lambda path: Full())
    with pytest.raises(DownloadError, match="No space left on device"):
        files.download(f"{server.url}/file", tmp_path / "file", progress=False)


def test_the_cache_folder(monkeypatch):
    monkeypatch.delenv("CONVNETS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert files.cache_folder().as_posix() == "/caches/convnets-course"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert files.cache_folder().parts[-2:] == (".cache", "convnets-course")


def test_the_published_numbers():
    assert cifar.URL == "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    assert cifar.MD5 == "c58f30108f718f92721af3b95e74349a"
