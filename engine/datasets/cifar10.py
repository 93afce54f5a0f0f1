"""CIFAR-10 from its folder or its .tar.gz, binary or python version: only its known members are read, none extracted.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from engine.datasets import cache, pickles
from engine.datasets.split import Dataset
from engine.spec import DataError

CLASSES = 10
PIXELS = 3 * 32 * 32
EXAMPLES_PER_BATCH = 10_000
VALIDATION = 0.02
"""The last fiftieth of the 50,000 training images validates, as in the CS231n notes: 49,000 train, 1,000 validate."""

BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
FILES = {BINARY: tuple(f"{name}.bin" for name in BATCHES), PYTHON: BATCHES}
UNREAD = {BINARY: ("batches.meta.txt", "readme.html"), PYTHON: ("batches.meta", "readme.html")}
MOST_BYTES_PER_FILE = 64 << 20
MOST_BYTES_PER_ARCHIVE = 400 << 20

HOW_TO_GET = (
    "Get CIFAR-10 from its home page (the CIFAR-10 and CIFAR-100 page of the University of Toronto): "
    "cifar-10-binary.tar.gz, or cifar-10-python.tar.gz. Then: lossboard data add cifar10 PATH, where PATH is "
    "that file or the folder that it unpacks to. Lossboard itself downloads nothing."
)

Batch = tuple[NDArray[np.uint8], NDArray[np.intp]]


def cifar10() -> Dataset:
    """60,000 photographs of 3 x 32 x 32 bytes in 10 classes, as they were added to the cache.

    Pixels are 0..255 with the train split's mean image subtracted, the units of the CS231n notes.
    Raises DataError that says how to get them.
    """
    entry = entry_of()
    if not entry.exists():
        raise DataError(f"cifar10 has not been added yet. {HOW_TO_GET}")
    return cache.open_entry(entry)


def entry_of() -> Path:
    """Where CIFAR-10 lies in the cache once it is added."""
    return cache.folder() / "cifar10"


def sizes() -> tuple[int, int, int]:
    """The examples of train, validation and test."""
    validation = round(5 * EXAMPLES_PER_BATCH * VALIDATION)
    return 5 * EXAMPLES_PER_BATCH - validation, validation, EXAMPLES_PER_BATCH


def add(source: Path) -> Path:
    """Read CIFAR-10 from a folder or a .tar.gz into the cache, in place of what was there; returns the entry.

    Raises DataError that names the file and what was expected.
    """
    files = _from_folder(source) if source.is_dir() else _from_archive(source)
    version = BINARY if FILES[BINARY][0] in files else PYTHON
    about = cache.EntryInfo(
        name="cifar10",
        classes=CLASSES,
        features=PIXELS,
        stored="uint8",
        sizes=sizes(),
        centred=True,
        source=str(source),
    )
    # All are read before the old entry goes, so that a damaged file costs nothing.
    batches = [_decoded(name, files[name], source, version) for name in FILES[version]]
    entry = entry_of()
    cache.remove(entry)
    cache.make(entry, about, batches)
    return entry


def _from_folder(source: Path) -> Mapping[str, bytes]:
    """The bytes of the six batches by file name; a folder that holds the version's own folder will do too."""
    for version, names in FILES.items():
        for folder in (source, source / version):
            if (folder / names[0]).is_file():
                return {name: _read(folder / name, _fits(version)) for name in names}
    raise DataError(
        f"{source} holds neither {FILES[BINARY][0]} (binary version) nor {FILES[PYTHON][0]} (python version)"
    )


def _read(path: Path, fits: Callable[[int], str]) -> bytes:
    try:
        if not path.is_file():
            raise DataError(f"{path} is missing: all six batches are needed")
        wrong = fits(path.stat().st_size)
        if wrong:
            raise DataError(f"{path}: {wrong}")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _fits(version: str) -> Callable[[int], str]:
    """What is wrong with a batch of that many bytes, or ''."""
    exact = EXAMPLES_PER_BATCH * (1 + PIXELS)

    def fits(size: int) -> str:
        if version == BINARY and size != exact:
            return f"expected {EXAMPLES_PER_BATCH:,} images of 1 + {PIXELS} bytes, {exact:,} in all, found {size:,}"
        if size > MOST_BYTES_PER_FILE:
            return f"expected a batch of about 31 MB, found {size:,} bytes"
        return ""

    return fits


class _Bounded(gzip.GzipFile):
    """A stream that refuses to give more bytes than CIFAR-10 has, so that a small archive cannot fill the memory."""

    left = MOST_BYTES_PER_ARCHIVE

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(self.left + 1 if size is None or size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.name} unpacks to more than the 185 MB of CIFAR-10")
        return data


def _from_archive(source: Path) -> Mapping[str, bytes]:
    """The bytes of the six batches by file name, from members of a known name, type and size; refuses any other."""
    found: dict[str, bytes] = {}
    try:
        if not source.is_file():
            raise DataError(f"{source} is neither a folder nor a file")
        with _Bounded(source) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for member in archive:
                found.update(_member(archive, member, source))
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"{source} is not a whole .tar.gz of CIFAR-10: {getattr(error, 'strerror', None) or error}"
        ) from None
    version = PYTHON if FILES[PYTHON][0] in found else BINARY
    for name in FILES[version]:
        if name not in found:
            raise DataError(f"{source}: expected a member {version}/{name}, which is not there")
    if len(found) != len(BATCHES):
        raise DataError(f"{source} mixes the binary and the python version; expected one of them")
    return found


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, source: Path) -> Mapping[str, bytes]:
    parts = PurePosixPath(member.name).parts
    version, name = (parts[0], parts[1]) if len(parts) == 2 else (parts[0] if parts else "", "")
    known = version in FILES and (not name or name in FILES[version] + UNREAD[version]) and len(parts) <= 2
    expected_type = member.isreg() if name else member.isdir()
    if not known or not expected_type:
        raise DataError(f"{source} holds {member.name[:80]!a}, which is no part of CIFAR-10: refused")
    if not name or name in UNREAD[version]:
        return {}
    wrong = _fits(version)(member.size)
    if wrong:
        raise DataError(f"{source}, member {member.name}: {wrong}")
    stream = archive.extractfile(member)
    assert stream is not None, "a regular member has a stream"
    return {name: stream.read()}


def _decoded(name: str, data: bytes, source: Path, version: str) -> Batch:
    if version == BINARY:
        rows = np.frombuffer(data, dtype=np.uint8).reshape(EXAMPLES_PER_BATCH, 1 + PIXELS)
        pixels, labels = rows[:, 1:], rows[:, 0].astype(np.intp)
    else:
        try:
            pixels, labels = pickles.batch(data)
        except ValueError as error:
            raise DataError(f"{source}, {name}: {error}") from None
    if pixels.shape != (EXAMPLES_PER_BATCH, PIXELS) or labels.shape != (EXAMPLES_PER_BATCH,):
        raise DataError(
            f"{source}, {name}: expected {EXAMPLES_PER_BATCH:,} images of {PIXELS} bytes and as many labels, "
            f"found {pixels.shape[0]:,} of {pixels.shape[1]} and {len(labels):,} labels"
        )
    if labels.max() >= CLASSES:
        raise DataError(f"{source}, {name}: label {labels.max()} is out of range, 0 to {CLASSES - 1}")
    return pixels, labels
