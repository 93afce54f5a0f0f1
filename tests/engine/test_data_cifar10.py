"""CIFAR-10 in the four forms that it comes in, and everything that only looks like it."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import datasets
from engine.datasets import cifar10, pickles
from engine.datasets.cifar10 import BATCHES, BINARY, PYTHON
from engine.spec import DataError
from tests import cifar10_fakes as fakes


@pytest.fixture(autouse=True)
def _in_small(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10, "EXAMPLES_PER_BATCH", fakes.PER_BATCH)


forms = pytest.mark.parametrize("form", [BINARY, PYTHON])


@forms
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_gives_the_same_examples(tmp_path: Path, form: str, packed: bool) -> None:
    source = fakes.archive(tmp_path / "c.tar.gz", form) if packed else fakes.folder(tmp_path, form)
    cifar10.add(source)
    loaded = datasets.load("cifar10")
    assert {name: len(split) for name, split in loaded.splits.items()} == {"train": 98, "validation": 2, "test": 20}
    batches = [fakes.batch(number) for number in range(6)]
    pixels = np.concatenate([images for images, _ in batches]).astype(np.float64)
    labels = np.concatenate([labels for _, labels in batches])
    found = np.concatenate([loaded.splits[name].X for name in datasets.SPLITS])
    np.testing.assert_allclose(found[:, :-1], pixels - pixels[:98].mean(axis=0), atol=1e-4)
    np.testing.assert_array_equal(found[:, -1], 1)
    np.testing.assert_array_equal(np.concatenate([loaded.splits[name].y for name in datasets.SPLITS]), labels)


@forms
def test_the_folder_that_holds_its_folder_will_do(tmp_path: Path, form: str) -> None:
    fakes.folder(tmp_path, form)
    cifar10.add(tmp_path)
    assert datasets.load("cifar10").classes == 10


def test_before_it_is_added_the_error_says_how() -> None:
    with pytest.raises(DataError, match="lossboard data add cifar10 PATH"):
        datasets.load("cifar10")


def test_adding_it_again_replaces_it_and_a_damaged_one_does_not(tmp_path: Path) -> None:
    good = fakes.folder(tmp_path, BINARY)
    cifar10.add(good)
    cifar10.add(good)
    (good / "test_batch.bin").write_bytes(b"")
    with pytest.raises(DataError):
        cifar10.add(good)
    assert len(datasets.load("cifar10").splits["test"]) == 20


def test_a_truncated_binary_batch_is_named_with_what_was_expected(tmp_path: Path) -> None:
    place = fakes.folder(tmp_path, BINARY)
    path = place / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"data_batch_3\.bin: expected 20 images of 1 \+ 3072 bytes, 61,460 in all"):
        cifar10.add(place)


@forms
def test_a_missing_batch_is_named(tmp_path: Path, form: str) -> None:
    place = fakes.folder(tmp_path, form)
    next(place.glob("data_batch_4*")).unlink()
    with pytest.raises(DataError, match=r"data_batch_4.* is missing"):
        cifar10.add(place)
    files = {name: data for name, data in fakes.FORMS[form]().items() if "data_batch_4" not in name}
    with pytest.raises(DataError, match=r"expected a member .*data_batch_4"):
        cifar10.add(fakes.archive(tmp_path / "c.tar.gz", form, files))


def test_a_label_out_of_range_is_refused(tmp_path: Path) -> None:
    place = fakes.folder(tmp_path, BINARY)
    path = place / "data_batch_2.bin"
    path.write_bytes(bytes([10]) + path.read_bytes()[1:])
    with pytest.raises(DataError, match=r"data_batch_2\.bin: label 10 is out of range, 0 to 9"):
        cifar10.add(place)


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.9])
@forms
def test_a_truncated_archive_is_refused(tmp_path: Path, form: str, cut: float) -> None:
    path = fakes.archive(tmp_path / "c.tar.gz", form)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    with pytest.raises(DataError, match=r"c\.tar\.gz"):
        cifar10.add(path)


@forms
def test_a_flipped_byte_is_found_and_the_good_entry_stays(tmp_path: Path, form: str) -> None:
    """Random pixels do not shrink, so that most flips unpack to other pixels: only the check sum tells."""
    path = fakes.archive(tmp_path / "c.tar.gz", form)
    cifar10.add(path)
    good = datasets.load("cifar10").splits["train"].X
    whole = path.read_bytes()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        damaged, place = bytearray(whole), int(share * len(whole))
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"c\.tar\.gz"):
            cifar10.add(path)
    np.testing.assert_array_equal(datasets.load("cifar10").splits["train"].X, good)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"\x1f\x8b but no gzip", b"plain text"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.tar.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"c\.tar\.gz"):
        cifar10.add(path)


def test_a_place_without_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds neither data_batch_1"):
        cifar10.add(tmp_path)
    with pytest.raises(DataError, match="neither a folder nor a file"):
        cifar10.add(tmp_path / "nothing")


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize(
    "extra",
    [
        member("../../evil.bin", size=4),
        member("/etc/evil", size=4),
        member(f"{BINARY}/../evil", size=4),
        member(f"{BINARY}/more/data_batch_1.bin", size=4),
        member(f"{BINARY}/data_batch_9.bin", size=4),
        member(f"{BINARY}/data_batch_1.bin", tarfile.SYMTYPE, "/etc/passwd"),
        member(f"{BINARY}/data_batch_1.bin", tarfile.LNKTYPE, "/etc/passwd"),
        member(f"{BINARY}/data_batch_1.bin", tarfile.FIFOTYPE),
        member("cifar-100-binary/train.bin", size=4),
        member("\x1b[31mred", size=4),
    ],
    ids=lambda info: ascii(info.name),
)
def test_a_member_that_is_no_part_of_it_is_refused_and_nothing_is_extracted(
    tmp_path: Path, extra: tarfile.TarInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    with pytest.raises(DataError, match="no part of CIFAR-10") as caught:
        cifar10.add(fakes.archive(tmp_path / "c.tar.gz", BINARY, extra=(extra,)))
    assert caught.value.message.isprintable()
    assert list(place.iterdir()) == []
    assert not (tmp_path / "evil.bin").exists()


def test_a_small_archive_that_unpacks_to_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10._Bounded, "left", 100_000)
    with pytest.raises(DataError, match="unpacks to more"):
        cifar10.add(fakes.archive(tmp_path / "c.tar.gz", BINARY, extra=(member(f"{BINARY}/readme.html", size=10**6),)))


def test_a_member_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    files = fakes.binary_files()
    files["data_batch_5.bin"] += b"x"
    with pytest.raises(DataError, match=r"data_batch_5\.bin: expected 20 images"):
        cifar10.add(fakes.archive(tmp_path / "c.tar.gz", BINARY, files))


class Evil:
    """Runs a command wherever a careless reader unpickles it."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def with_test_batch(tmp_path: Path, content: Any, protocol: int = 2) -> Path:
    files = fakes.python_files()
    files["test_batch"] = content if isinstance(content, bytes) else pickle.dumps(content, protocol=protocol)
    return fakes.archive(tmp_path / "c.tar.gz", PYTHON, files)


def test_a_hostile_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for content in (Evil(f"touch {mark}"), {b"data": Evil(f"touch {mark}"), b"labels": [0]}):
        with pytest.raises(DataError, match=r"test_batch: .*posix\.system.*refused"):
            cifar10.add(with_test_batch(tmp_path, content))
    assert not mark.exists()


PIXELS, LABELS = fakes.batch(5)
GOOD = {b"data": PIXELS, b"labels": LABELS}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({**GOOD, b"data": PIXELS.astype(np.float32)}, "not an array of uint8"),
        ({**GOOD, b"data": PIXELS[:, :-1]}, "expected 20 images of 3072 bytes"),
        ({**GOOD, b"data": PIXELS[:-1]}, "expected 20 images"),
        ({**GOOD, b"data": PIXELS.ravel()}, "not an array of two dimensions"),
        ({**GOOD, b"data": b"abc"}, "not an array"),
        ({**GOOD, b"labels": LABELS[:-1]}, "and 19 labels"),
        ({**GOOD, b"labels": [*LABELS[:-1], 10]}, "label 10 is out of range"),
        ({**GOOD, b"labels": [*LABELS[:-1], -1]}, "not a list of small whole numbers"),
        ({**GOOD, b"labels": "abc"}, "not a list of small whole numbers"),
        ({b"labels": LABELS}, "has no b'data'"),
        ({b"data": PIXELS}, "has no b'labels'"),
        ([1, 2], "not a CIFAR-10 batch"),
        (b"", "not a CIFAR-10 batch"),
        (b"\x80\x02.", "not a pickle"),
        (b"not a pickle", "not a"),
        (fakes.python_files()["test_batch"][:-500], "not a pickle"),
        # Hand-made programmes: the stand-ins misused, a memo and a stack that are not there.
        (b"cnumpy\ndtype\n.", "not a CIFAR-10 batch"),
        (b"cnumpy\nndarray\n)R.", "not a CIFAR-10 batch"),
        (b"cnumpy.core.multiarray\n_reconstruct\n}b.", "not a CIFAR-10 batch"),
        (b"cbuiltins\neval\n.", "'builtins.eval'"),
        (b"g99\n.", "not a"),
        (b"R.", "not a"),
    ],
)
def test_a_pickle_that_is_not_a_batch_is_named_with_what_is_wrong(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(DataError, match=r"c\.tar\.gz, test_batch: ") as caught:
        cifar10.add(with_test_batch(tmp_path, content))
    assert message in caught.value.message


def test_arrays_kept_column_by_column_are_read_right() -> None:
    pixels, labels = pickles.batch(pickle.dumps({**GOOD, b"data": np.asfortranarray(PIXELS)}, protocol=2))
    np.testing.assert_array_equal(pixels, PIXELS)
    assert labels.tolist() == LABELS


def test_text_keys_of_python_3_are_read_too() -> None:
    pixels, _ = pickles.batch(pickle.dumps({"data": PIXELS, "labels": LABELS}, protocol=3))
    np.testing.assert_array_equal(pixels, PIXELS)


def test_only_the_batches_are_read(tmp_path: Path) -> None:
    """The other known members may hold anything: nothing looks at them."""
    files = fakes.python_files()
    files["batches.meta"] = pickle.dumps(Evil("false"))
    cifar10.add(fakes.archive(tmp_path / "c.tar.gz", PYTHON, files))
    assert len(BATCHES) == 6
    assert io.BytesIO(files["readme.html"]).read() == b"<html>"
