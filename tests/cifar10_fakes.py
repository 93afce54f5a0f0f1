"""CIFAR-10 in small, in each of the forms that the real one comes in."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.cifar10 import BATCHES, BINARY, PYTHON

PER_BATCH = 20


def batch(number: int) -> tuple[NDArray[np.uint8], list[int]]:
    """The images and labels of one batch; the same for every form."""
    generator = np.random.default_rng(number)
    labels = generator.permutation(np.arange(PER_BATCH) % 10)
    return generator.integers(0, 256, (PER_BATCH, 3072), dtype=np.uint8), labels.tolist()


def binary_files() -> dict[str, bytes]:
    files = {"batches.meta.txt": b"airplane\nautomobile\n", "readme.html": b"<html>"}
    for number, name in enumerate(BATCHES):
        pixels, labels = batch(number)
        files[f"{name}.bin"] = np.column_stack([np.array(labels, dtype=np.uint8), pixels]).tobytes()
    return files


def python_files() -> dict[str, bytes]:
    files = {"batches.meta": b"never read", "readme.html": b"<html>"}
    for number, name in enumerate(BATCHES):
        pixels, labels = batch(number)
        content = {b"batch_label": b"a batch", b"labels": labels, b"data": pixels, b"filenames": [b"a.png"] * PER_BATCH}
        files[name] = pickle.dumps(content, protocol=2)
    return files


FORMS = {BINARY: binary_files, PYTHON: python_files}


def folder(parent: Path, form: str) -> Path:
    """The unpacked folder of a form, made inside of `parent`."""
    place = parent / form
    place.mkdir()
    for name, data in FORMS[form]().items():
        (place / name).write_bytes(data)
    return place


def archive(
    path: Path, form: str, files: dict[str, bytes] | None = None, extra: tuple[tarfile.TarInfo, ...] = ()
) -> Path:
    """The .tar.gz of a form, with other files or more members where a test wants them."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        top = tarfile.TarInfo(form)
        top.type = tarfile.DIRTYPE
        tar.addfile(top)
        for member in extra:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
        for name, data in (FORMS[form]() if files is None else files).items():
            member = tarfile.TarInfo(f"{form}/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path
