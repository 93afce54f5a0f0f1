"""Detection: which runs of other programs are in a file or below a folder, by what is in the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.imports import json_lines, mlflow, tables, tensorboard, trackio, trainer_state, wandb
from engine.imports.decoding.growing import HEAD_BYTES, opened, shown
from engine.imports.decoding.unreadable import Unreadable
from engine.imports.records import Reader, Source

MOST_DEPTH = 16
MOST_ENTRIES = 200_000
"""So many files and folders at most are looked at below one folder."""

PASSED_OVER = ("node_modules", "site-packages", "__pycache__")


class Claims(Protocol):
    """Which runs of a format are in a file, by its path and its first bytes; `alone`: it was named by itself."""

    def __call__(self, path: Path, head: bytes, *, alone: bool) -> list[Source]: ...


def the_file(source: Source) -> list[Path]:
    """The one file of a run that is read from one."""
    return [source.place]


class Format(NamedTuple):
    """A format of files: what people call it, what is in its files' names, and its functions.

    `files` are those that a run is read from. `tells_end`: a run that has ended says so in them.
    """

    title: str
    names: tuple[str, ...]
    claims: Claims
    read: Reader
    files: Callable[[Source], list[Path]] = the_file
    tells_end: bool = False


def stamps(source: Source) -> list[tuple[str, int, int]]:
    """(name, size, time of the last change in ns) of each file of a run; the same where there is nothing new."""
    found = []
    try:
        for path in FORMATS[source.format].files(source):
            status = path.stat()
            found.append((path.name, status.st_size, status.st_mtime_ns))
    except (OSError, Unreadable):
        return []
    return found


FORMATS: Mapping[str, Format] = {
    tensorboard.FORMAT: Format("TensorBoard", ("tfevents",), tensorboard.claims, tensorboard.read, tensorboard.files),
    wandb.FORMAT: Format("W&B", wandb.NAMES, wandb.claims, wandb.read, tells_end=True),
    mlflow.FOLDER: Format(
        "MLflow", (mlflow.FILE,), mlflow.claims_folder, mlflow.read_folder, mlflow.files, tells_end=True
    ),
    mlflow.DATABASE: Format(
        "MLflow", mlflow.NAMES, mlflow.claims_database, mlflow.read_database, mlflow.database_files, tells_end=True
    ),
    trackio.FORMAT: Format("trackio", trackio.NAMES, trackio.claims, trackio.read, mlflow.database_files),
    trainer_state.FORMAT: Format(
        "Trainer", (trainer_state.FILE,), trainer_state.claims, trainer_state.read, trainer_state.files
    ),
    json_lines.FORMAT: Format("JSON lines", json_lines.NAMES, json_lines.claims, json_lines.read),
    tables.FORMAT: Format("CSV", tables.NAMES, tables.claims, tables.read),
}
"""Every format that is read, the most certain first."""


@dataclass(slots=True)
class Found:
    """What was found: runs in the order of their files, and sentences about what could not be read."""

    sources: list[Source] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def find(paths: Iterable[str | os.PathLike[str]]) -> Found:
    """The runs in files and below folders; a file that is named is tried with every format, whatever it is called."""
    found: dict[Source, None] = {}
    troubles: list[str] = []
    for path in dict.fromkeys(Path(os.path.realpath(path)) for path in paths):
        before = len(found)
        if path.is_dir():
            for file in _files(path, troubles):
                found.update(dict.fromkeys(_in_folder(file, path)))
            if len(found) == before:
                troubles.append(f"{shown(path)}: nothing in it that can be imported.")
            continue
        try:
            head = _head(path)
        except Unreadable as error:
            troubles.append(str(error))
            continue
        claimed = _claimed(path, head, FORMATS.values(), alone=True)
        found.update(dict.fromkeys(_named(source, path.parent) for source in claimed))
        if not claimed:
            troubles.append(f"{shown(path)} is in none of the formats that can be imported.")
    return Found(list(found), troubles)


def _in_folder(path: Path, root: Path) -> list[Source]:
    """The runs of a file below a folder, where its name is one of a format's."""
    likely = [each for each in FORMATS.values() if any(name in path.name.lower() for name in each.names)]
    if not likely:
        return []
    try:
        head = _head(path)
    except Unreadable:
        return []
    return [_named(source, root) for source in _claimed(path, head, likely, alone=False)]


def _claimed(path: Path, head: bytes, formats: Iterable[Format], *, alone: bool) -> list[Source]:
    for each in formats:
        sources = each.claims(path, head, alone=alone)
        if sources:
            return sources
    return []


def _named(source: Source, root: Path) -> Source:
    """The source with a name: of a place below the folder that was named its way from there, else its own."""
    if source.name:
        return source
    way = os.path.relpath(source.place, root)
    name = root.name if way == "." else source.place.name if way.startswith("..") else way
    return replace(source, name=name or str(source.place))


def _real(entry: os.DirEntry[str]) -> Path:
    """Where a file or folder really is: a link to the latest run leads to another one tomorrow."""
    return Path(os.path.realpath(entry.path) if entry.is_symlink() else entry.path)


def _head(path: Path) -> bytes:
    with opened(path) as descriptor:
        return os.pread(descriptor, HEAD_BYTES, 0)


def _files(folder: Path, troubles: list[str]) -> Iterator[Path]:
    """The files below a folder by name, each folder once whatever links there are."""
    seen: set[tuple[int, int]] = set()
    ahead: list[tuple[Path, int]] = [(folder, 0)]
    entries = 0
    while ahead:
        here, depth = ahead.pop()
        try:
            status = here.stat()
            listed = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            troubles.append(f"{shown(here)} cannot be read: {error.strerror}.")
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        entries += len(listed)
        if entries > MOST_ENTRIES:
            troubles.append(
                f"{shown(folder)} has more than {MOST_ENTRIES:,} files and folders; the rest is not looked at."
            )
            return
        below = []
        for entry in listed:
            if entry.is_dir():
                is_of_use = not entry.name.startswith(".") and entry.name not in PASSED_OVER
                if is_of_use and depth < MOST_DEPTH:
                    below.append((_real(entry), depth + 1))
            else:
                yield _real(entry)
        ahead += reversed(below)
