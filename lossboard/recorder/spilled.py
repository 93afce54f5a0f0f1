"""Spilled: segments that are files beside their store, which could not be written, and how they get into it."""

from __future__ import annotations

import fcntl
import logging
import os
from contextlib import closing
from pathlib import Path

from engine.jobs.processes.spilled import NAMED, spilled
from engine.store import FencedOff, StoreError, open_for_reading
from lossboard.recorder.recording import Recording, hello_of
from lossboard.segments import SPILLED, copy
from lossboard.wire import Damaged

log = logging.getLogger(__name__)


def fold(store: Path) -> list[str]:
    """Store what lies in files beside a store and belongs to no program that still runs; a sentence for each stream.

    The files are removed once all of it is stored. Raises StoreError when the store cannot be written.
    """
    streams: dict[str, list[tuple[int, int, Path]]] = {}
    said = []
    for path in spilled(store):
        try:
            descriptor = _locked(path)
        except OSError:
            continue
        if descriptor is None:
            continue
        try:
            hello = hello_of(descriptor)
            if _is_named(path) and os.path.realpath(str(hello.get("store"))) != os.path.realpath(store):
                os.close(descriptor)
                continue
            streams.setdefault(hello["stream"], []).append((int(hello["start"]), descriptor, path))
        except Damaged as error:
            os.close(descriptor)
            said.append(f"{path.name} was left as it is: {error}")
    for parts in streams.values():
        parts.sort()
        said += [sentence] if (sentence := _store(store, parts)) else []
    return said


def save(descriptors: list[int], store: Path, stream: str) -> list[Path]:
    """Copy segments into files beside a store; their paths. Raises OSError when there is no room."""
    paths = []
    for place, descriptor in enumerate(descriptors):
        path = Path(f"{store}.{stream[:12]}-s{os.getpid()}.{place}{SPILLED}")
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            copy(descriptor, target)
            os.fsync(target)
        finally:
            os.close(target)
        paths.append(path)
    return paths


def _is_stored(store: Path, stream: str, end: int) -> bool:
    """Whether a stream is in the store up to its end, and its run has ended there."""
    try:
        with closing(open_for_reading(store)) as reader:
            return reader.is_stored(stream, end)
    except StoreError:
        return False


def _locked(path: Path) -> int | None:
    """The descriptor of a file that nobody has open; None where a program still writes it, or it is not of this user.

    Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | (os.O_NOFOLLOW if _is_named(path) else 0))
    if _is_named(path) and os.fstat(descriptor).st_uid != os.getuid():
        os.close(descriptor)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _is_named(path: Path) -> bool:
    """Whether it is memory, where anybody may make files."""
    return str(path.parent) == NAMED


def _store(store: Path, parts: list[tuple[int, int, Path]]) -> str:
    start, descriptor, _ = parts[-1]
    if _is_stored(store, str(hello_of(descriptor)["stream"]), start + os.fstat(descriptor).st_size):
        for _, descriptor, path in parts:
            os.close(descriptor)
            path.unlink(missing_ok=True)
        return ""
    recording = Recording(store, [descriptor for _, descriptor, _ in parts], lambda frame: None, waits=False)
    try:
        while not (recording.has_ended or recording.has_all):
            recording.turn()
        if not recording.has_ended:
            recording.give_up()
        number = recording.number
    except (Damaged, FencedOff) as error:
        return f"{parts[0][2].name} was left as it is: {error}"
    finally:
        recording.close()
    for _, _, path in parts:
        path.unlink(missing_ok=True)
    log.info("run %s: what lay beside the store is in it", number)
    return (
        f"run {number}: what lay in {len(parts)} {'file' if len(parts) == 1 else 'files'} beside the store is in it now"
    )
