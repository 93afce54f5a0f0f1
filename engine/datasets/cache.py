"""Cache: data sets in the user's cache folder, whose features are one memory-mapped file that all processes share.

An entry is a folder of four files: `features.npy` (N, D - 1) uint8 or float32, the train, validation and test rows in
this order; `labels.npy` (N,) uint16; `mean.npy` (D - 1,) float32, the mean of the train split, or (0,) if none is
subtracted; `about.json`, an EntryInfo.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.datasets.split import SPLITS, Dataset, StoredSplit
from engine.files.locks import exclusive_lock, is_abandoned
from engine.spec import DataError

FORMAT = 1
ABOUT_MOST_BYTES = 1 << 20
MOST_CLASSES = 1 << 16
STORED_TYPES = ("uint8", "float32")

PART = ".part"
"""Suffix of the name of a folder in which an entry is being made."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class EntryInfo:
    """The description of an entry: `sizes` are the numbers of train, validation and test examples.

    `source` is their origin, `stored` the dtype of the features, `given` an example's shape in the source, empty if
    unknown. `centred`: the mean is subtracted. `labels` are the classes as the source names them, in their order; empty
    where it numbers them.
    """

    name: str
    classes: int
    features: int
    stored: str
    sizes: tuple[int, int, int]
    centred: bool
    source: str
    given: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def examples(self) -> int:
        """N, the number of examples of all splits."""
        return sum(self.sizes)

    @property
    def stored_bytes(self) -> int:
        """The size of its features in bytes."""
        return self.examples * self.features * np.dtype(self.stored).itemsize


def folder() -> Path:
    """Return the cache folder: LOSSBOARD_CACHE if set, else the user's cache folder of this system."""
    given = os.environ.get("LOSSBOARD_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    if sys.platform == "linux":
        # The result of platformdirs, whose import would take as long as opening the data.
        xdg = os.environ.get("XDG_CACHE_HOME", "").strip()
        return (Path(xdg) if xdg else Path.home() / ".cache") / "lossboard"
    import platformdirs  # only stored data sets need it, so that the rest of the engine imports without it

    return platformdirs.user_cache_path("lossboard", appauthor=False)


def make(entry: Path, info: EntryInfo, chunks: Iterable[tuple[NDArray[Any], NDArray[Any]]]) -> None:
    """Write an entry atomically from (features (n, D - 1), labels (n,)) chunks in the order of the splits.

    It is made in a temporary folder and renamed: if two processes make it at once, the first result stays.
    Raises DataError if the folder is not writable or has no room, ValueError for another number of examples.
    """
    try:
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"the cache folder {entry.parent} cannot be written: {_reason(error)}") from None
    try:
        with _temporary_folder(entry) as part:
            _write(part, info, chunks)
            _move(part, entry)
    except OSError as error:
        raise _not_made(entry, info, error) from None


def remove(entry: Path) -> None:
    """Remove an entry from the cache, if it exists; processes that have mapped it keep their data."""
    with contextlib.suppress(FileNotFoundError), _temporary_folder(entry) as part:
        entry.rename(part / entry.name)


@contextlib.contextmanager
def _temporary_folder(entry: Path) -> Iterator[Path]:
    """Make a locked temporary folder beside an entry, and remove it with its content afterwards.

    Also removes the folders of killed processes, whose locks are free.
    """
    with contextlib.ExitStack() as stack:
        with exclusive_lock(entry.parent):
            for other in entry.parent.glob(f"*{PART}"):
                if is_abandoned(other):
                    shutil.rmtree(other, ignore_errors=True)
            part = Path(tempfile.mkdtemp(prefix=f"{entry.name}.", suffix=PART, dir=entry.parent))
            stack.callback(shutil.rmtree, part, ignore_errors=True)
            stack.enter_context(exclusive_lock(part))
        yield part


def _not_made(entry: Path, info: EntryInfo, error: OSError) -> DataError:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DataError(f"the cache folder {entry.parent} cannot be written: {_reason(error)}")
    if error.errno not in NO_ROOM:
        return DataError(f"{entry} could not be made: {_reason(error)}")
    try:
        free = f"; {shutil.disk_usage(entry.parent).free / 1e6:,.1f} MB are free there"
    except OSError:
        free = ""
    return DataError(
        f"there is no room for {info.name} in the cache folder {entry.parent}: it takes "
        f"{info.stored_bytes / 1e6:,.1f} MB{free} ({_reason(error)}). Nothing of it was kept; make room, "
        f"or name another folder with LOSSBOARD_CACHE"
    )


def _write(part: Path, info: EntryInfo, chunks: Iterable[tuple[NDArray[Any], NDArray[Any]]]) -> None:
    dtype = np.dtype(info.stored)
    labels = np.empty(info.examples, dtype=np.uint16)
    total = np.zeros(info.features)
    train, done = info.sizes[0], 0
    # Written, not mapped: on a full disk a write fails, but a mapped page ends the process.
    with open(part / "features.npy", "xb") as file:
        shape = (info.examples, info.features)
        np.lib.format.write_array_header_1_0(
            file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        )
        _reserve(file, info.stored_bytes)
        for rows, y in chunks:
            end = done + len(rows)
            file.write(np.ascontiguousarray(rows, dtype).data)
            labels[done:end] = y
            if info.centred and done < train:
                total += rows[: train - done].sum(axis=0, dtype=np.float64)
            done = end
        file.flush()
        os.fsync(file.fileno())
    if done != info.examples:
        raise ValueError(f"{info.name}: {done} examples were made instead of {info.examples}")
    np.save(part / "labels.npy", labels)
    np.save(part / "mean.npy", (total / train if info.centred else total[:0]).astype(np.float32))
    (part / "about.json").write_text(json.dumps({"format": FORMAT, **asdict(info)}), encoding="utf-8")


def _reserve(file: BinaryIO, count: int) -> None:
    """Reserve disk space for `count` more bytes, so that a full disk fails at once and not after minutes.

    Raises OSError if there is no room. Does nothing if the system cannot reserve: then a write fails.
    """
    file.flush()
    try:
        os.posix_fallocate(file.fileno(), file.tell(), count)
    except AttributeError:
        return
    except OSError as error:
        if error.errno in NO_ROOM:
            raise


def _move(part: Path, entry: Path) -> None:
    try:
        part.rename(entry)
    except OSError:
        # The rename fails if another process has made the same entry, which is as good.
        if not (entry / "about.json").exists():
            raise


def read_info(entry: Path) -> EntryInfo:
    """Read the description of an entry. Raises DataError, naming the file, if it is missing or damaged."""
    path = entry / "about.json"
    try:
        if path.stat().st_size > ABOUT_MOST_BYTES:
            raise ValueError("it is too long")
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") != FORMAT:
            raise ValueError("another version of lossboard wrote it")
        lists = {name: tuple(values.get(name, ())) for name in ("sizes", "given", "labels")}
        info = EntryInfo(**{**values, **lists})
        numbers = (info.classes, info.features, *info.sizes)
        if not all(type(number) is int and number > 0 for number in numbers) or len(info.sizes) != len(SPLITS):
            raise ValueError("its numbers make no sense")
        if (
            info.classes > MOST_CLASSES
            or info.stored not in STORED_TYPES
            or not isinstance(info.name, str)
            or not isinstance(info.source, str)
            or not all(type(number) is int for number in info.given)
            or not all(isinstance(label, str) for label in info.labels)
            or len(info.labels) not in (0, info.classes)
        ):
            raise ValueError("what it says makes no sense")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path, _reason(error)) from None
    return info


def open_entry(entry: Path) -> Dataset:
    """Open an entry as a data set with mapped features. Raises DataError, naming the file, if one is damaged."""
    info = read_info(entry)
    features = _array(entry / "features.npy", info.stored, (info.examples, info.features), mapped=True)
    labels = _array(entry / "labels.npy", "uint16", (info.examples,))
    mean = _array(entry / "mean.npy", "float32", (info.features if info.centred else 0,))
    if int(labels.max()) >= info.classes:
        raise damaged(entry / "labels.npy", f"class {labels.max()} is out of range, 0 to {info.classes - 1}")
    ends = np.cumsum(info.sizes)
    splits = {
        name: StoredSplit(features[end - size : end], labels[end - size : end], mean if info.centred else None)
        for name, size, end in zip(SPLITS, info.sizes, ends.tolist(), strict=True)
    }
    return Dataset(info.name, info.classes, MappingProxyType(splits))


def opened_or_made(entry: Path, make_it: Callable[[Path], None]) -> Dataset:
    """Open an entry, after making it with `make_it` if it does not exist. Raises DataError if either fails."""
    if not entry.exists():
        make_it(entry)
    return open_entry(entry)


def entries() -> Mapping[str, EntryInfo | DataError]:
    """Return every entry's description, or its error, by folder name; empty without a cache folder."""
    try:
        names = sorted(path.name for path in folder().iterdir() if path.is_dir() and path.suffix != PART)
    except OSError:
        return {}
    described: dict[str, EntryInfo | DataError] = {}
    for name in names:
        try:
            described[name] = read_info(folder() / name)
        except DataError as error:
            described[name] = error
    return described


def damaged(path: Path, reason: str) -> DataError:
    """Return the error for a damaged file of the cache."""
    return DataError(f"{path} is damaged: {reason}; remove the folder {path.parent} to have it made again")


def _array(path: Path, dtype: DTypeLike, shape: tuple[int, ...], mapped: bool = False) -> NDArray[Any]:
    wanted = f"{np.dtype(dtype)} {shape}"
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise damaged(path, f"expected {wanted}, but {_reason(error)}") from None
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        given = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else "an archive"
        raise damaged(path, f"expected {wanted}, found {given}")
    # A plain view: slicing a memmap object takes microseconds per batch.
    return array.view(np.ndarray)


def _reason(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
