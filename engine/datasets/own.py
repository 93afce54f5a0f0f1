"""A user's own examples from a .npz or .csv file, checked once and stored in the cache."""

from __future__ import annotations

import csv
import hashlib
import re
import stat
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from engine.datasets import cache
from engine.datasets.split import SPLITS, Dataset, Image, stratified
from engine.files.program import command_text
from engine.spec import DataError

MOST_BYTES = 4 << 30
MOST_CLASSES = 1000
LABEL_COLUMNS = ("y", "label", "class")
EXPECTED = "expected a .npz with X (N, D) and y (N,), or a .csv of numbers with the class in its last column"
MOST_LABEL_CHARACTERS = 100
"""Longest name of a class: what is longer is text about an example, and no class."""

Table = tuple[NDArray[Any], NDArray[Any]]


def stamp(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and modification time in ns, which identify its content.

    Raises DataError if it is not a readable regular file of at most MOST_BYTES.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; {EXPECTED}") from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{path} is a folder; {EXPECTED} (for CIFAR-10: {command_text('data add cifar10 PATH')})")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path} is not a regular file; {EXPECTED}")
    if status.st_size > MOST_BYTES:
        raise DataError(f"{path} has {status.st_size:,} bytes; at most {MOST_BYTES:,} are read")
    return status.st_size, status.st_mtime_ns


def own(path: Path) -> Dataset:
    """Load the examples of a file, split by `stratified`; reads the file again if it has changed.

    X of dtype uint8 stays uint8 minus the train split's mean, like images; other numbers are stored as float32.
    Raises DataError, naming the file and what it should be.
    """
    return cache.opened_or_made(entry_of(path), lambda entry: _make(entry, path))


def entry_of(path: Path) -> Path:
    """Return the path in the cache of this content of a file. Raises DataError like `stamp`."""
    key = hashlib.sha256(repr((str(path), stamp(path))).encode()).hexdigest()[:16]
    return cache.folder() / f"own-{key}"


def image_of(about: cache.EntryInfo) -> Image | None:
    """Return the image layout of examples given as (rows, columns) or with 1 or 3 channels last; else None."""
    if len(about.given) not in (2, 3) or about.given[2:] not in ((), (1,), (3,)):
        return None
    height, width, channels = (*about.given, 1)[:3]
    image = Image(height, width, channels, interleaved=True)
    return image if image.size == about.features else None


def _make(entry: Path, path: Path) -> None:
    try:
        X, y = _reader(path)(path)
        features, (labels, names) = _features(X), _classes(y)
        if len(features) != len(labels):
            raise ValueError(f"{len(features):,} rows of X and {len(labels):,} of y; expected as many of each")
        rows = stratified(labels)
        for split, chosen in rows.items():
            if not len(chosen):
                raise ValueError(
                    f"{len(labels)} examples leave none for the {split} split; expected 6 or more of a class"
                )
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    except (OSError, EOFError, MemoryError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read ({error or type(error).__name__}); {EXPECTED}") from None
    train, validation, test = (len(rows[split]) for split in SPLITS)
    about = cache.EntryInfo(
        name=path.name,
        classes=int(labels.max()) + 1,
        features=features.shape[1],
        stored=str(features.dtype),
        sizes=(train, validation, test),
        centred=features.dtype == np.uint8,
        source=str(path),
        given=np.shape(X)[1:],
        labels=names,
    )
    cache.make(entry, about, ((features[rows[split]], labels[rows[split]]) for split in SPLITS))


def _reader(path: Path) -> Callable[[Path], Table]:
    readers = {".npz": _read_npz, ".csv": _read_csv}
    if path.suffix.lower() not in readers:
        raise ValueError(f"not a kind of file that is read; {EXPECTED}")
    return readers[path.suffix.lower()]


def _read_npz(path: Path) -> Table:
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
    for name in ("X", "y"):
        if name not in sizes:
            raise ValueError(f"it has no array {name}, only {sorted(sizes)[:8]!a}; {EXPECTED}")
        if sizes[name] > MOST_BYTES:
            raise ValueError(f"its {name} unpacks to {sizes[name]:,} bytes; at most {MOST_BYTES:,} are read")
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["X"], arrays["y"]


def _read_csv(path: Path) -> Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = _header(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the error below replaces the warning "no data"
            start = file.tell()
            try:
                table = _numbers(file)
            except ValueError as error:
                file.seek(start)
                return _with_text_labels(file, names, error)
    if not table.size:
        raise ValueError("expected a table of numbers, but it is empty")
    _check_width(names, table.shape[1])
    column = _label_column(names, table.shape[1])
    return np.delete(table, column, axis=1), table[:, column]


def _numbers(file: TextIO, **settings: Any) -> NDArray[Any]:
    return np.loadtxt(file, delimiter=",", ndmin=2, comments=None, quotechar='"', **settings)


def _with_text_labels(file: TextIO, names: list[str], error: ValueError) -> Table:
    """Read the rest of a file whose classes are text. Raises ValueError, with the first `error`, where they are not."""
    start = file.tell()
    width = len(names) or len(next(csv.reader([file.readline(1 << 20)]), []))
    file.seek(start)
    column = _label_column(names, width)
    codes: dict[str, int] = {}
    try:
        table = _numbers(file, converters={column: lambda text: codes.setdefault(text.strip(), len(codes))})
    except ValueError as again:
        raise ValueError(f"expected a table of numbers, but {_told(again)}") from None
    if not all(codes) or any(map(_is_number, codes)):
        raise ValueError(f"expected a table of numbers, but {_told(error)}")
    _check_width(names, table.shape[1])
    return np.delete(table, column, axis=1), np.array(list(codes))[table[:, column].astype(np.intp)]


def _label_column(names: list[str], width: int) -> int:
    return next((names.index(name) for name in LABEL_COLUMNS if name in names), width - 1)


def _check_width(names: list[str], width: int) -> None:
    if names and len(names) != width:
        raise ValueError(f"its header names {len(names)} columns, its rows have {width}")


def _told(error: ValueError) -> str:
    """NumPy's error with its rows and columns counted from 1: it counts from 0 where a text is no number."""
    text = str(error).partition("; use `")[0].rstrip(".")
    place = re.search(r"at row (\d+), column (\d+)$", text)
    if place is not None:
        text = f"{text[: place.start()]}at row {int(place[1]) + 1}, column {place[2]}"
    hint = " (rows are counted from 1, without the header)" if "row" in text else ""
    return f"{text}{hint}"


def _header(file: TextIO) -> list[str]:
    """Read the first line as column names in lower case; if a cell is a number, rewind and return none."""
    cells = next(csv.reader([file.readline(1 << 20)]), [])
    if len(cells) == 1:
        raise ValueError("expected at least one column of X and one of y, separated by commas; found one column")
    if cells and not any(_is_number(cell) for cell in cells):
        return [cell.strip().lower() for cell in cells]
    file.seek(0)
    return []


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _features(X: NDArray[Any]) -> NDArray[Any]:
    if X.dtype.kind not in "buif":
        raise ValueError(f"its X is of type {X.dtype}; expected numbers")
    if X.ndim < 2 or X.size == 0:
        raise ValueError(f"its X has shape {X.shape}; expected (N, D) with N and D at least 1")
    X = X.reshape(len(X), -1)
    if X.dtype == np.uint8:
        return X
    with np.errstate(over="ignore"):
        features = X.astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(wrong):
        raise ValueError(
            f"row {wrong[0] + 1} of X holds NaN, Inf or a number too large for float32; expected finite ones"
        )
    return features


def _classes(y: NDArray[Any]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The class of each example, from 0, and the names of the classes in their order if `y` is text, else none."""
    if y.dtype.kind not in "US":
        return _labels(y), ()
    names, labels = np.unique(y.astype(str), return_inverse=True)
    texts = tuple(map(str, names))
    if any(map(_is_number, texts)):
        raise ValueError(f"its y is of type {y.dtype}; expected whole numbers from 0, or names of classes")
    if len(texts) > MOST_CLASSES or max(map(len, texts), default=0) > MOST_LABEL_CHARACTERS:
        raise ValueError(
            f"its y holds {len(texts):,} texts; expected names of at most {MOST_CLASSES} classes, "
            f"each of at most {MOST_LABEL_CHARACTERS} characters"
        )
    return _labels(labels.reshape(y.shape)), texts


def _labels(y: NDArray[Any]) -> NDArray[np.intp]:
    if y.dtype.kind not in "uif":
        raise ValueError(f"its y is of type {y.dtype}; expected whole numbers from 0, or names of classes")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or not len(y):
        raise ValueError(f"its y has shape {y.shape}; expected (N,)")
    if not np.isfinite(y).all() or (y != np.floor(y)).any():
        raise ValueError("its y holds numbers that are not whole; expected classes 0, 1, 2, ...")
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= MOST_CLASSES:
        raise ValueError(f"its labels go from {low} to {high}; expected 0 to C-1, with at most {MOST_CLASSES} classes")
    labels = y.astype(np.intp)
    missing = np.flatnonzero(np.bincount(labels) == 0)
    if len(missing):
        raise ValueError(
            f"its labels go from {low} to {high} but none is {missing[0]}; expected 0 to C-1, every one used"
        )
    if high == 0:
        raise ValueError("all its examples are of one class; expected two classes or more")
    return labels
