"""Backup: a consistent copy of the whole store in one file, while runs go on."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.store.file.connection import Connection, connect
from engine.store.records import StoreError
from engine.store.schema.journal import JOURNALS, mark_anew
from engine.store.schema.opening import connect_for_reading, located

FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its path, size in bytes and number of runs."""

    path: Path
    size: int
    runs: int


def back_up(path: str | os.PathLike[str], target: str | os.PathLike[str], *, replace: bool = False) -> Backup:
    """Copy a store into another file, atomically; an existing file is kept unless `replace`.

    Raises StoreError when that is impossible; no file is created or replaced then.
    """
    place = located(target)
    connection = connect_for_reading(path)
    try:
        _refuse(place, connection.path, replace)
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".new", dir=place.parent)
        except OSError as error:
            raise _unwritten(place, error.strerror or str(error)) from error
        os.close(descriptor)
        draft = Path(name)
        try:
            runs = _copy(connection, draft, place)
            size = draft.stat().st_size
            _publish(draft, place, replace)
        finally:
            for left in (draft, *(Path(f"{draft}{suffix}") for suffix in JOURNALS)):
                left.unlink(missing_ok=True)
    finally:
        connection.close()
    return Backup(place, size, runs)


def _refuse(place: Path, store: Path, replace: bool) -> None:
    if not place.parent.is_dir():
        raise StoreError(
            f"The folder {place.parent} does not exist. Nothing was made; create it, or name another file."
        )
    if not os.path.lexists(place):
        return
    if place.exists() and place.samefile(store):
        raise StoreError(f"{place} is the store itself. Nothing was made; name another file for its backup.")
    if not replace:
        raise StoreError(f"{place} is there already and was left as it is. Choose another name, or give --force.")
    if not stat.S_ISREG(place.lstat().st_mode):
        raise StoreError(f"{place} is no regular file and was left as it is. Choose another name.")
    if any(os.path.exists(f"{place}{suffix}") for suffix in JOURNALS):
        raise StoreError(
            f"{place} has a journal beside it: it is a store that is open, or was not closed. It was left as it is. "
            f"Choose another name."
        )


def _copy(connection: Connection, draft: Path, place: Path) -> int:
    """Copy the store into the draft and give it a journal mark of its own; returns its number of runs."""
    try:
        with closing(connect(draft, "mode=rw")) as raw:
            raw.execute("PRAGMA synchronous = OFF")  # the fsync below comes before the rename
            connection.copy_to(raw)
            raw.execute("PRAGMA journal_mode = DELETE")  # a single file, readable in a read-only folder
            mark_anew(raw, os.urandom(8).hex())
            runs = int(raw.execute("SELECT count(*) FROM runs").fetchone()[0])
        with open(draft, "rb") as file:
            os.fsync(file.fileno())
    except (StoreError, sqlite3.Error) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        if getattr(cause, "sqlite_errorname", "") in FULL:
            raise _unwritten(place, "the disk is full") from error
        raise
    except OSError as error:
        raise _unwritten(place, error.strerror or str(error)) from error
    return runs


def _publish(draft: Path, place: Path, replace: bool) -> None:
    try:
        if replace:
            os.replace(draft, place)
            return
        os.link(draft, place)
    except FileExistsError:
        raise StoreError(f"{place} has just been made by somebody else and was left as it is.") from None
    except OSError as error:
        if replace or os.path.lexists(place):
            raise _unwritten(place, error.strerror or str(error)) from error
        os.rename(draft, place)  # a file system without hard links


def _unwritten(place: Path, why: str) -> StoreError:
    return StoreError(f"{place} could not be written: {why}. Nothing of it was kept; the store is as it was.")
