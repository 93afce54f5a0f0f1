"""A user's own examples from a .npz or .csv file, checked once and stored in the cache."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import cache, tables
from engine.datasets.split import SPLITS, Dataset, Image, stratified
from engine.datasets.tables import is_number, read_features, read_table
from engine.files.program import command_text
from engine.spec import DataError

MOST_BYTES = 4 << 30
MOST_CLASSES = 1000
EXPECTED = "expected a .npz with X (N, D) and y (N,), or a .csv (.csv.gz) of numbers with the class in its last column"
EXPECTED_NEW = "expected a .npz with X (N, D), or a .csv (.csv.gz) of the features, with or without the class"
MOST_LABEL_CHARACTERS = 100
"""Longest name of a class: what is longer is text about an example, and no class."""


def stamp(path: Path, expected: str = EXPECTED) -> tuple[int, int]:
    """Return a file's size in bytes and modification time in ns, which identify its content.

    Raises DataError if it is not a readable regular file of at most MOST_BYTES.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; {expected}") from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{path} is a folder; {expected} (for CIFAR-10: {command_text('data add cifar10 PATH')})")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path} is not a regular file; {expected}")
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


def image_of(info: cache.EntryInfo) -> Image | None:
    """Return the image layout of examples given as (rows, columns) or with 1 or 3 channels last; else None."""
    if len(info.given) not in (2, 3) or info.given[2:] not in ((), (1,), (3,)):
        return None
    height, width, channels = (*info.given, 1)[:3]
    image = Image(height, width, channels, interleaved=True)
    return image if image.size == info.features else None


def new_examples(path: Path, features: int) -> NDArray[Any]:
    """Read examples (n, features) from a .npz with X, or a .csv with or without the class, uint8 or float32.

    Raises DataError, naming the file and what it should be.
    """
    stamp(path, EXPECTED_NEW)
    try:
        if path.name.lower().endswith(".npz"):
            X = _features(_read_npz(path, ("X",), EXPECTED_NEW)[0])
        else:
            _reader(path, EXPECTED_NEW)
            X = _features(read_features(path, features))
        if X.shape[1] != features:
            raise ValueError(f"it has {X.shape[1]:,} features; the run learnt from {features:,}")
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    except (OSError, EOFError, MemoryError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read ({error or type(error).__name__})") from None
    return X


def class_names(path: Path) -> tuple[str, ...]:
    """Return what a file calls its classes, in their order; empty if it numbers them from 0. Raises DataError."""
    return cache.read_info(entry_of(path)).labels


def column_names(path: Path, features: int) -> tuple[str, ...]:
    """Return what a file calls its features, in their order; empty where it has no names, or none that can be read."""
    if path.name.lower().endswith(".npz"):
        return ()
    try:
        return tables.column_names(path, features)
    except (ValueError, OSError, EOFError, zlib.error):
        return ()


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
    info = cache.EntryInfo(
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
    cache.make(entry, info, ((features[rows[split]], labels[rows[split]]) for split in SPLITS))


def _reader(path: Path, expected: str = EXPECTED) -> Callable[[Path], tuple[NDArray[Any], ...]]:
    name = path.name.lower()
    if name.endswith(".npz"):
        return _read_npz
    if name.endswith((".csv", ".csv.gz")):
        return read_table
    raise ValueError(f"not a kind of file that is read; {expected}")


def _read_npz(path: Path, names: tuple[str, ...] = ("X", "y"), expected: str = EXPECTED) -> tuple[NDArray[Any], ...]:
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
    for name in names:
        if name not in sizes:
            raise ValueError(f"it has no array {name}, only {sorted(sizes)[:8]!a}; {expected}")
        if sizes[name] > MOST_BYTES:
            raise ValueError(f"its {name} unpacks to {sizes[name]:,} bytes; at most {MOST_BYTES:,} are read")
    with np.load(path, allow_pickle=False) as arrays:
        return tuple(arrays[name] for name in names)


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
    """The class of each example, from 0, and what the file calls the classes, in their order, if not so."""
    if y.dtype.kind not in "US":
        return _numbered(y)
    names, labels = np.unique(y.astype(str), return_inverse=True)
    texts = tuple(map(str, names))
    if any(map(is_number, texts)):
        raise ValueError(f"its y is of type {y.dtype}; expected whole numbers, or names of classes")
    if len(texts) > MOST_CLASSES or max(map(len, texts), default=0) > MOST_LABEL_CHARACTERS:
        raise ValueError(
            f"its y holds {len(texts):,} texts; expected names of at most {MOST_CLASSES} classes, "
            f"each of at most {MOST_LABEL_CHARACTERS} characters"
        )
    return _numbered(labels.reshape(y.shape))[0], texts


def _numbered(y: NDArray[Any]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Whole numbers as classes from 0, in their order, and what the file calls them if not 0, 1, ... C-1."""
    if y.dtype.kind not in "buif":
        raise ValueError(f"its y is of type {y.dtype}; expected whole numbers, or names of classes")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or not len(y):
        raise ValueError(f"its y has shape {y.shape}; expected (N,)")
    if y.dtype.kind == "f" and (not np.isfinite(y).all() or (y != np.floor(y)).any()):
        raise ValueError("its y holds numbers that are not whole; expected classes such as 0, 1, 2, ...")
    values, labels = np.unique(y, return_inverse=True)
    if len(values) > MOST_CLASSES:
        raise ValueError(f"its y holds {len(values):,} different numbers; expected at most {MOST_CLASSES} classes")
    if len(values) == 1:
        raise ValueError("all its examples are of one class; expected two classes or more")
    numbers = [int(value) for value in values]
    names = () if numbers == list(range(len(numbers))) else tuple(map(str, numbers))
    return labels.reshape(-1).astype(np.intp), names
