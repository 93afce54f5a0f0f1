"""A user's own .npz and .csv files, good and bad."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import datasets
from engine.datasets import catalogue
from engine.spec import DataError, RunSpec, SpecError

generator = np.random.default_rng(0)
X = generator.standard_normal((60, 4))
Y = np.arange(60) % 3


@pytest.fixture(autouse=True)
def _own_cache(cache_folder: Path) -> None:
    """Each test has a cache of its own."""


def saved(tmp_path: Path, **arrays: Any) -> str:
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    return str(path)


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def as_csv(features: Any = X, y: Any = Y, header: str = "") -> str:
    lines = [",".join([*map(repr, row), str(label)]) for row, label in zip(features.tolist(), y.tolist(), strict=True)]
    return header + "\n".join(lines) + "\n"


def everything(dataset: datasets.Dataset) -> np.ndarray[Any, Any]:
    """Every example with its class, in an order of their own."""
    rows = [np.column_stack([split.X, split.y]) for split in dataset.splits.values()]
    joined = np.concatenate(rows)
    return joined[np.lexsort(joined.T)]


def test_npz_and_csv_hold_the_same_examples(tmp_path: Path) -> None:
    from_npz = datasets.load(saved(tmp_path, X=X, y=Y))
    assert (from_npz.name, from_npz.classes) == ("own.npz", 3)
    assert [len(split) for split in from_npz.splits.values()] == [39, 12, 9]
    expected = np.column_stack([X.astype(np.float32), np.ones(60), Y])
    np.testing.assert_array_equal(everything(from_npz), expected[np.lexsort(expected.T)])
    np.testing.assert_array_equal(everything(datasets.load(written(tmp_path, as_csv()))), everything(from_npz))


@pytest.mark.parametrize("header", ["a,b,c,d,y\n", "\ufeffa,b,c,d,whatever\n", '"a,1",b,c,d,"class"\n', "\ufeff"])
def test_a_csv_may_have_a_header(tmp_path: Path, header: str) -> None:
    loaded = datasets.load(written(tmp_path, as_csv(header=header)))
    np.testing.assert_array_equal(everything(loaded), everything(datasets.load(saved(tmp_path, X=X, y=Y))))


def test_a_column_named_y_is_the_class_wherever_it_stands(tmp_path: Path) -> None:
    text = "y,a,b\n" + "\n".join(
        f"{label},{row[0]!r},{row[1]!r}" for label, row in zip(Y.tolist(), X.tolist(), strict=True)
    )
    loaded = datasets.load(written(tmp_path, text))
    np.testing.assert_array_equal(everything(loaded), everything(datasets.load(saved(tmp_path, X=X[:, :2], y=Y))))


@pytest.mark.parametrize("kind", ["npz", "csv", "csv with a header"])
def test_classes_may_have_names_which_are_sorted_and_kept(tmp_path: Path, cache_folder: Path, kind: str) -> None:
    names = np.array(["dog", "cat", "Ape"])[Y]
    header = "class,a,b\n" if "header" in kind else ""
    rows = [[label, *map(repr, row[:2])] for label, row in zip(names.tolist(), X.tolist(), strict=True)]
    text = header + "\n".join(",".join(row if header else [*row[1:], row[0]]) for row in rows) + "\n"
    path = saved(tmp_path, X=X[:, :2], y=names) if kind == "npz" else written(tmp_path, text)
    numbered = datasets.load(saved(tmp_path.parent, X=X[:, :2], y=2 - Y))
    np.testing.assert_array_equal(everything(datasets.load(path)), everything(numbered))
    assert catalogue.describe(path).labels == ("Ape", "cat", "dog")


def test_uint8_images_of_any_shape_stay_uint8_and_lose_the_train_mean(tmp_path: Path, cache_folder: Path) -> None:
    images = generator.integers(0, 256, (60, 3, 4, 2), dtype=np.uint8)
    loaded = datasets.load(saved(tmp_path, X=images, y=Y))
    train = loaded.splits["train"]
    assert train.dimensions == 25
    np.testing.assert_allclose(train.X[:, :-1].mean(axis=0), 0, atol=1e-4)
    (entry,) = cache_folder.iterdir()
    assert np.load(entry / "features.npy", mmap_mode="r").dtype == np.uint8


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = saved(tmp_path, X=X, y=Y)
    first = datasets.load(path)
    assert datasets.load(path) is first
    saved(tmp_path, X=X + 1, y=Y)
    os.utime(path, ns=(1, 1))
    assert not np.array_equal(everything(datasets.load(path)), everything(first))


def with_value(value: float) -> Any:
    features = X.copy()
    features[6, 2] = value
    return features


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": with_value(np.nan), "y": Y}, "row 7 of X holds NaN, Inf"),
        ({"X": with_value(np.inf), "y": Y}, "row 7 of X holds NaN, Inf"),
        ({"X": with_value(1e300), "y": Y}, "too large for float32"),
        ({"X": X[:59], "y": Y}, "59 rows of X and 60 of y"),
        ({"X": X[:, 0], "y": Y}, "X has shape (60,); expected (N, D)"),
        ({"X": X[:0], "y": Y[:0]}, "X has shape (0, 4)"),
        ({"X": X[:, :0], "y": Y}, "X has shape (60, 0)"),
        ({"X": X.astype(complex), "y": Y}, "type complex128; expected numbers"),
        ({"X": X.astype("U4"), "y": Y}, "expected numbers"),
        ({"X": X, "y": Y.astype(str)}, "expected whole numbers"),
        ({"X": X, "y": np.where(Y == 1, "cat", "2")}, "expected whole numbers"),
        ({"X": X, "y": np.array(["x" * 101, "y"])[Y % 2]}, "each of at most 100 characters"),
        ({"X": X, "y": Y + 0.5}, "not whole"),
        ({"X": X, "y": np.where(Y == 1, np.nan, Y)}, "not whole"),
        ({"X": X, "y": np.stack([Y, Y], 1)}, "y has shape (60, 2); expected (N,)"),
        ({"X": X, "y": Y * 0}, "all its examples are of one class"),
        ({"X": X, "y": np.full(60, 2**63, dtype=np.uint64)}, "all its examples are of one class"),
        ({"X": np.zeros((1001, 1)), "y": np.arange(1001)}, "1,001 different numbers; expected at most 1000 classes"),
        ({"X": X[:4], "y": np.array([0, 0, 1, 1])}, "leave none for the test split"),
        ({"X": X}, "has no array y, only ['X']"),
        ({"a": X, "b": Y}, "has no array X, only ['a', 'b']"),
        ({"X": X.astype(object), "y": Y}, "Object arrays cannot be loaded"),
        ({"X": X, "y": Y.astype(object)}, "Object arrays cannot be loaded"),
    ],
)
def test_a_bad_npz_is_named_with_what_was_expected(
    tmp_path: Path, cache_folder: Path, arrays: dict[str, Any], message: str
) -> None:
    path = saved(tmp_path, **arrays)
    with pytest.raises(DataError) as caught:
        datasets.load(path)
    assert caught.value.message.startswith(path)
    assert message in caught.value.message
    assert not list(cache_folder.glob("*"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a,b,y\n", "empty"),
        ("1,2,0\n1,2\n", "row 2"),
        ("a,b,y\n1,2,3,0\n1,2,3,1\n", "header names 3 columns, its rows have 4"),
        ("1,,0\n2,3,1\n", "the cell in row 1, column 2 is empty (rows are counted from 1, without the header)"),
        ("a,b,y\n1,,0\n2,3,1\n", "the cell in row 1, column 2 is empty (rows are counted from 1, without the header)"),
        ("1,2,0\n2,x,1\n", "the cell in row 2, column 2 is 'x' (rows are counted from 1"),
        ("a,b,y\n1,2,0\n2,3,x\n", "the cell in row 2, column 3 is 'x' (rows are counted"),
        ("1,2,cat\n1,2,\n", "its class in row 2 is empty"),
        ("1,2,cat\n1,x,dog\n", "the cell in row 2, column 2 is 'x'"),
        ("1,2,cat\n1,dog\n", "row 2"),
        (as_csv(y=np.full(60, "cat")), "one class"),
        ("1\n0\n", "found one column"),
        (as_csv(with_value(np.nan)), "row 7 of X holds NaN"),
        (as_csv(y=Y * 0), "one class"),
        ("1;2,5;0\n1;2,5;1\n", "the cell in row 1, column 2 is '2,5': write numbers with a point"),
        ("1\t2\t0\n1\t\t1\n", "the cell in row 2, column 2 is empty"),
    ],
    ids=str,
)
def test_a_bad_csv_is_named_with_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        datasets.load(path)
    assert caught.value.message.startswith(path)
    assert message in caught.value.message


@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("header", ["", "a,b,c,d,y\n", "0,1,2,3,4\n", "1,2,3,4,5\n"])
def test_separators_and_headers_of_numbers_are_known(tmp_path: Path, separator: str, header: str) -> None:
    """A header of numbers, as pandas writes it, was an example of a class of its own."""
    loaded = datasets.load(written(tmp_path, as_csv(header=header).replace(",", separator)))
    np.testing.assert_array_equal(everything(loaded), everything(datasets.load(saved(tmp_path, X=X, y=Y))))


@pytest.mark.parametrize("header", [",a,b,c,d,y\n", ",0,1,2,3,y\n", ",0,1,2,3,4\n"])
def test_a_column_that_counts_the_rows_is_no_feature(tmp_path: Path, header: str) -> None:
    rows = "".join(f"{i},{line}\n" for i, line in enumerate(as_csv().splitlines()))
    loaded = datasets.load(written(tmp_path, header + rows))
    np.testing.assert_array_equal(everything(loaded), everything(datasets.load(saved(tmp_path, X=X, y=Y))))


def test_a_gzipped_csv_is_read_and_a_damaged_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv.gz"
    path.write_bytes(gzip.compress(as_csv(header="a,b,c,d,y\n").encode()))
    expected = everything(datasets.load(saved(tmp_path, X=X, y=Y)))
    np.testing.assert_array_equal(everything(datasets.load(str(path))), expected)
    assert RunSpec(dataset="own.csv.gz").dataset.endswith("own.csv.gz")
    whole = path.read_bytes()
    for damaged in (whole[:-9], whole[:200], b"no gzip", whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"own\.csv\.gz"):
            datasets.load(str(path))


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ([1, 2, 3], ("1", "2", "3")),
        ([-1, 1], ("-1", "1")),
        ([0, 2, 5], ("0", "2", "5")),
        ([0, 1, 2], ()),
        ([10**12, -(10**12)], (str(-(10**12)), str(10**12))),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_classes_are_numbered_in_their_order_and_told(
    tmp_path: Path, classes: list[int], names: tuple[str, ...], packed: bool
) -> None:
    y = np.array(classes)[Y % len(classes)]
    path = saved(tmp_path, X=X, y=y) if packed else written(tmp_path, as_csv(y=y))
    numbered = np.searchsorted(np.sort(classes), y)
    np.testing.assert_array_equal(
        everything(datasets.load(path)), everything(datasets.load(saved(tmp_path / "plain", X=X, y=numbered)))
    )
    assert catalogue.describe(path).labels == names


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95 a pickle", b"PK\x03\x04 half a zip", bytes(range(256)) * 9])
@pytest.mark.parametrize("name", ["x.npz", "x.csv"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        datasets.load(str(path))
    assert caught.value.message.startswith(str(path))


def test_a_truncated_npz_is_refused(tmp_path: Path) -> None:
    path = Path(saved(tmp_path, X=X, y=Y))
    whole = path.read_bytes()
    for size in (len(whole) - 30, len(whole) // 2, 10):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError):
            datasets.load(str(path))


def test_an_array_that_claims_more_than_it_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000, 3072), }".ljust(117) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64))
        archive.writestr("y.npy", b"")
    with pytest.raises(DataError):
        datasets.load(str(path))


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        datasets.load(str(tmp_path / "nothing.npz"))
    with pytest.raises(DataError, match=r"is a folder; .*data add cifar10"):
        datasets.load(str(tmp_path))
    (tmp_path / "x.txt").write_text("1,2,0\n")
    with pytest.raises(DataError, match="not a kind of file that is read"):
        datasets.load(str(tmp_path / "x.txt"))
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="not a regular file"):
        datasets.load(str(tmp_path / "pipe.csv"))


def test_a_spec_keeps_the_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert RunSpec(dataset="own.csv").dataset == str(tmp_path / "own.csv")
    assert RunSpec(dataset="./Own").dataset == str(tmp_path / "Own")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("spiral:3", "spiral"), ("spiral:5", "spiral:5"), (" Synthetic-CIFAR:1,000", "synthetic-cifar:1000")],
)
def test_an_amount_is_written_in_one_way(text: str, meant: str) -> None:
    assert RunSpec(dataset=text).dataset == meant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spiral:1", "classes of spiral: must be at least 2"),
        ("spiral:21", "at most 20"),
        ("spiral:", "is not a number"),
        ("spiral:x", "'x' is not a number"),
        ("synthetic-cifar:50001", "at most 50,000"),
        ("digits:5", "digits takes no number"),
        ("spirel", "did you mean spiral?"),
        ("./\x1b[31m.csv", "cannot be shown"),
        ("./\x00.csv", "cannot be shown"),
    ],
)
def test_a_data_set_that_is_not_there_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        RunSpec(dataset=text)
    assert caught.value.field == "dataset"
    assert message in caught.value.message
    assert caught.value.message.isprintable()
