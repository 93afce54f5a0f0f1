"""Sending: a data set on its way to a worker that lacks it, in pieces, into the cache of its host, for all there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from engine.datasets import DataError, cache, entry_of, fingerprint, provide
from engine.files.locks import exclusive_lock
from engine.jobs.cluster.orders import Order
from engine.spec import RunSpec

PIECE = 4 << 20

FILES = ("features.npy", "labels.npy", "mean.npy", "about.json")
"""The files of an entry of the cache; no other name is taken from outside."""

_arriving: dict[Path, ExitStack] = {}
"""The folders that this process fills, each with its lock: whoever finds one without a lock may remove it."""


def pieces(spec: RunSpec, data: str) -> Iterator[Order]:
    """The orders that bring a spec's data set, of the fingerprint `data`, into the cache of a worker's host.

    None where it is not in the cache here: then nothing can be sent.
    """
    entry = entry_of(spec.dataset)
    if entry is None or not entry.is_dir():
        return
    for name in FILES:
        with open(entry / name, "rb") as file:
            while (piece := file.read(PIECE)) or file.tell() == 0:
                yield Order("receive", data=data, state=piece, file=name, k=file.tell() - len(piece))
                if not piece:
                    break
    yield Order("receive", data=data)


def receive(order: Order) -> None:
    """Keep one piece; the last one, which names no file, makes the data set whole.

    Raises DataError where it is not the one that was meant, or cannot be kept.
    """
    whole = _place(order.data)
    part = whole.with_name(f"{whole.name}.{os.getpid()}{cache.PART}")
    try:
        if part not in _arriving:
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
            _arriving[part] = ExitStack()
            _arriving[part].enter_context(exclusive_lock(part))
        if order.file:
            _write(part, order)
        else:
            _finish(part, whole, order.data)
    except OSError as error:
        raise DataError(f"{part} cannot be written: {error.strerror}") from None


def find_sent(dataset: str, data: str) -> bool:
    """Have a data set opened as it was sent here, if it was; returns whether."""
    place = _place(data)
    if not data or not place.exists():
        return False
    provide(dataset, place)
    return True


def _write(part: Path, order: Order) -> None:
    if order.file not in FILES:
        raise DataError(f"{order.file!r} is no file of a data set")
    with open(part / order.file, "r+b" if order.k else "wb") as file:
        file.seek(order.k)
        file.write(order.state)


def _finish(part: Path, whole: Path, data: str) -> None:
    with _arriving.pop(part):
        if fingerprint(cache.open_entry(part)) != data:
            raise DataError("the data set has arrived with other examples than it was sent with")
        if not whole.exists():
            part.rename(whole)


def _place(data: str) -> Path:
    return cache.folder() / f"sent-{hashlib.sha256(data.encode()).hexdigest()[:16]}"
