"""Stored data sets: made once, mapped, told apart from damaged ones, and made by two at once without harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest

from engine import datasets
from engine.datasets import cache, synthetic
from engine.spec import DataError

ROOT = Path(__file__).parents[2]


def test_synthetic_cifar_has_the_shape_of_cifar_and_can_be_learned(cache_folder: Path) -> None:
    made = datasets.load("synthetic-cifar:1000")
    assert {name: len(split) for name, split in made.splits.items()} == {"train": 1000, "validation": 100, "test": 100}
    train, test = made.splits["train"], made.splits["test"]
    assert train.dimensions == 3073
    X = train.X
    np.testing.assert_allclose(X[:, :-1].mean(axis=0), 0, atol=1e-3)
    np.testing.assert_array_equal(X[:, -1], 1)
    pictures = np.stack([X[train.y == c, :-1].mean(axis=0) for c in range(10)])
    right = ((test.X[:, :-1] @ pictures.T - (pictures**2).sum(axis=1) / 2).argmax(axis=1) == test.y).mean()
    assert 0.7 < right < 1.0
    assert (cache_folder / "synthetic-cifar-1000" / "features.npy").stat().st_size == 1200 * 3072 + 128


def test_the_same_bytes_are_made_on_every_machine() -> None:
    pixels, y = next(synthetic.images(5))
    assert (int(pixels.sum(dtype=np.int64)), y.tolist()) == (1952421, [8, 5, 0, 2, 1])


def test_what_is_opened_is_mapped_and_shared(cache_folder: Path) -> None:
    train = datasets.load("synthetic-cifar:200").splits["train"]
    assert isinstance(train, datasets.StoredSplit)
    base: np.ndarray | None = train._X
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert not train._X.flags.writeable


def test_another_cache_folder_is_another_data_set(
    cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = datasets.load("synthetic-cifar:100")
    assert datasets.load("synthetic-cifar:100") is first
    monkeypatch.setenv("LOSSBOARD_CACHE", str(tmp_path / "other"))
    assert datasets.load("synthetic-cifar:100") is not first
    assert (tmp_path / "other" / "synthetic-cifar-100").is_dir()


def test_two_processes_that_make_it_at_once_both_have_it(cache_folder: Path) -> None:
    program = (
        "import sys; from engine import datasets; sys.stdin.readline();"
        "train = datasets.load('synthetic-cifar:3000').splits['train'];"
        "print(int(train.batch(slice(0, 50)).sum()), len(train))"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    answers = [worker.communicate("go\n", timeout=60)[0] for worker in workers]
    assert all(worker.returncode == 0 for worker in workers)
    assert len(set(answers)) == 1
    assert answers[0].endswith(" 3000\n")
    assert [path.name for path in cache_folder.iterdir()] == ["synthetic-cifar-3000"]


def test_an_interrupted_making_leaves_nothing_behind(cache_folder: Path) -> None:
    info = cache.EntryInfo("x", 2, 4, "uint8", (3, 1, 1), True, "")

    def chunks() -> Iterator[tuple[Any, Any]]:
        yield np.zeros((2, 4), np.uint8), np.zeros(2, np.intp)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.make(cache.folder() / "x", info, chunks())
    assert list(cache_folder.iterdir()) == []


MAKING = """
import sys, time
from engine.datasets import cache
import numpy as np

def chunks():
    yield np.zeros((2, 4), np.uint8), np.zeros(2, np.intp)
    print(flush=True)
    sys.stdin.readline()
    yield np.ones((3, 4), np.uint8), np.zeros(3, np.intp)

cache.make(cache.folder() / sys.argv[1], cache.EntryInfo("x", 2, 4, "uint8", (3, 1, 1), True, ""), chunks())
"""
"""A process that makes an entry and waits in the middle."""


@contextmanager
def making(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is in the middle of making an entry; at the end it is killed if it still lives."""
    command = [sys.executable, "-c", MAKING, name]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as maker:
        assert maker.stdout is not None
        maker.stdout.readline()
        yield maker
        maker.kill()


def test_what_a_killed_process_left_half_made_is_cleared_and_what_a_living_one_makes_is_not(cache_folder: Path) -> None:
    with making("killed") as killed:
        killed.kill()
        killed.wait()
        with making("living") as living:
            datasets.load("synthetic-cifar:100")
            assert sorted(path.name.partition(".")[0] for path in cache_folder.iterdir()) == [
                "living",
                "synthetic-cifar-100",
            ]
            living.communicate(b"\n")
    assert sorted(path.name for path in cache_folder.iterdir()) == ["living", "synthetic-cifar-100"]
    assert len(cache.open_entry(cache_folder / "living").splits["train"]) == 3


@pytest.mark.parametrize("claims", [True, False], ids=["claimed", "refused when written"])
def test_a_full_disk_is_a_sentence_and_nothing_half_made_stays(
    small_disk: Path, claims: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOSSBOARD_CACHE", str(small_disk))
    unclaimed = "" if claims else "import os; del os.posix_fallocate\n"
    program = (
        f"{unclaimed}from engine import datasets\nfrom engine.spec import DataError\n"
        "try:\n    datasets.load('synthetic-cifar:2000')\nexcept DataError as error:\n    print(error.message)"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found
    assert found.stdout.startswith(f"there is no room for synthetic-cifar in the cache folder {small_disk}: "), found
    assert "it takes 7.4 MB; 2.1 MB are free there" in found.stdout
    assert list(small_disk.iterdir()) == []
    assert len(datasets.load("synthetic-cifar:100").splits["train"]) == 100


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_shape(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros((3, 3), np.uint8))


def pickled(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([{}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("name", ["features.npy", "labels.npy", "mean.npy", "about.json"])
@pytest.mark.parametrize("harm", [truncate, empty, other_shape, pickled, Path.unlink])
def test_a_damaged_entry_is_named_with_what_was_expected(
    cache_folder: Path, name: str, harm: Callable[[Path], None]
) -> None:
    synthetic.synthetic_cifar(100)
    path = cache_folder / "synthetic-cifar-100" / name
    harm(path)
    with pytest.raises(DataError) as caught:
        synthetic.synthetic_cifar(100)
    assert str(path) in caught.value.message
    assert "remove the folder" in caught.value.message


def test_a_label_out_of_range_is_found_on_opening(cache_folder: Path) -> None:
    synthetic.synthetic_cifar(100)
    path = cache_folder / "synthetic-cifar-100" / "labels.npy"
    labels = np.load(path)
    labels[7] = 10
    np.save(path, labels)
    with pytest.raises(DataError, match="class 10 is out of range, 0 to 9"):
        synthetic.synthetic_cifar(100)


@pytest.mark.parametrize("key", ["classes", "features", "sizes", "format", "stored", "name"])
def test_a_description_that_makes_no_sense_is_refused(cache_folder: Path, key: str) -> None:
    synthetic.synthetic_cifar(100)
    path = cache_folder / "synthetic-cifar-100" / "about.json"
    for value in (-1, "x", None, [1], 2**70):
        info = json.loads(path.read_text())
        path.write_text(json.dumps({**info, key: value}))
        if (key, value) != ("name", "x"):
            with pytest.raises(DataError):
                synthetic.synthetic_cifar(100)
        path.write_text(json.dumps(info))


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LOSSBOARD_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cache folder .*file cannot be written"):
        datasets.load("synthetic-cifar:100")


def test_without_the_variable_the_users_own_cache_folder_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOSSBOARD_CACHE")
    assert cache.folder().name == "lossboard"


@pytest.mark.parametrize("stated", ["", "/somewhere/else"])
def test_the_cache_folder_is_where_each_system_has_it(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.delenv("LOSSBOARD_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", stated)
    assert cache.folder() == platformdirs.user_cache_path("lossboard", appauthor=False)
