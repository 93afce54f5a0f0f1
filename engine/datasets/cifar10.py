"""CIFAR-10 from its folder or .tar.gz, binary or python version: reads only the known members, extracts none.

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
from engine.files.program import command_text
from engine.spec import DataError

CLASSES = 10
PIXELS = 3 * 32 * 32
EXAMPLES_PER_BATCH = 10_000
VALIDATION = 0.02
"""Share of the 50,000 training images, the last ones, for validation: 49,000 and 1,000, as in the CS231n notes."""

BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
FILES = {BINARY: tuple(f"{name}.bin" for name in BATCHES), PYTHON: BATCHES}
UNREAD = {BINARY: ("batches.meta.txt", "readme.html"), PYTHON: ("batches.meta", "readme.html")}
MOST_BYTES_PER_FILE = 64 << 20
MOST_BYTES_PER_ARCHIVE = 400 << 20
CHUNK = 1 << 16

HOW_TO_GET = (
    "Get CIFAR-10 from its home page (the CIFAR-10 and CIFAR-100 page of the University of Toronto): "
    f"cifar-10-binary.tar.gz, or cifar-10-python.tar.gz. Then: {command_text('data add cifar10 PATH')}, where PATH is "
    "that file or the folder that it unpacks to. Lossboard itself downloads nothing."
)

Batch = tuple[NDArray[np.uint8], NDArray[np.intp]]


def cifar10() -> Dataset:
    """Open CIFAR-10 from the cache: 60,000 photographs of 3 x 32 x 32 bytes in 10 classes.

    Pixels are 0..255 minus the train split's mean image, the units of the CS231n notes.
    Raises DataError, with instructions, if it has not been added.
    """
    entry = entry_of()
    if not entry.exists():
        raise DataError(f"cifar10 has not been added yet. {HOW_TO_GET}")
    return cache.open_entry(entry)


def entry_of() -> Path:
    """Return the path of CIFAR-10 in the cache, which may not exist."""
    return cache.folder() / "cifar10"


def sizes() -> tuple[int, int, int]:
    """Return the numbers of train, validation and test examples."""
    validation = round(5 * EXAMPLES_PER_BATCH * VALIDATION)
    return 5 * EXAMPLES_PER_BATCH - validation, validation, EXAMPLES_PER_BATCH


def add(source: Path) -> Path:
    """Read CIFAR-10 from a folder or a .tar.gz into the cache, replace an old entry, and return the entry's path.

    Raises DataError, naming the file and what it should be.
    """
    files = _from_folder(source) if source.is_dir() else _from_archive(source)
    version = BINARY if FILES[BINARY][0] in files else PYTHON
    info = cache.EntryInfo(
        name="cifar10",
        classes=CLASSES,
        features=PIXELS,
        stored="uint8",
        sizes=sizes(),
        centred=True,
        source=str(source),
    )
    # All are read before the old entry is removed, so that a damaged file does not lose it.
    batches = [_decoded(name, files[name], source, version) for name in FILES[version]]
    entry = entry_of()
    cache.remove(entry)
    cache.make(entry, info, batches)
    return entry


def _from_folder(source: Path) -> Mapping[str, bytes]:
    """Return the bytes of the six batches by file name, from the version's folder or its parent."""
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
    """Return a function from a batch's size in bytes to the problem with it, or ''."""
    exact = EXAMPLES_PER_BATCH * (1 + PIXELS)

    def fits(size: int) -> str:
        if version == BINARY and size != exact:
            return f"expected {EXAMPLES_PER_BATCH:,} images of 1 + {PIXELS} bytes, {exact:,} in all, found {size:,}"
        if size > MOST_BYTES_PER_FILE:
            return f"expected a batch of about 31 MB, found {size:,} bytes"
        return ""

    return fits


class _Bounded(gzip.GzipFile):
    """A gzip stream of at most MOST_BYTES_PER_ARCHIVE, so that a small archive cannot fill the memory."""

    left = MOST_BYTES_PER_ARCHIVE

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes. Raises DataError if the stream exceeds its limit."""
        data = super().read(self.left + 1 if size is None or size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.name} unpacks to more than the 185 MB of CIFAR-10")
        return data


def _from_archive(source: Path) -> Mapping[str, bytes]:
    """Return the bytes of the six batches by file name. Raises DataError for a member of unknown name, type or size."""
    batches: dict[str, bytes] = {}
    try:
        if not source.is_file():
            raise DataError(f"{source} is neither a folder nor a file")
        with _Bounded(source) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for member in archive:
                batches.update(_member(archive, member, source))
            # A tar ends before its gzip stream does: only the end of the stream holds the check sum.
            while unpacked.read(CHUNK):
                pass
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"{source} is damaged or not a .tar.gz of CIFAR-10 ({getattr(error, 'strerror', None) or error}); "
            f"nothing of it was taken: get it again"
        ) from None
    version = PYTHON if FILES[PYTHON][0] in batches else BINARY
    for name in FILES[version]:
        if name not in batches:
            raise DataError(f"{source}: expected a member {version}/{name}, which is not there")
    if len(batches) != len(BATCHES):
        raise DataError(f"{source} mixes the binary and the python version; expected one of them")
    return batches


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
