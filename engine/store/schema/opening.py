"""Opening: how a store is opened, and what is refused; each refusal says what was kept and what to do next."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from engine.files.program import store_command
from engine.store.file.connection import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    Connection,
    connect,
    explained,
    pragma,
    unwritable,
)
from engine.store.file.filesystem import journal_mode
from engine.store.records import MisplacedStore, StoreError
from engine.store.schema.creation import bring_up_to_date, make_store
from engine.store.schema.journal import MarkedConnection, is_strange, misplacement, set_aside

log = logging.getLogger(__name__)

JOURNAL_PAGES = 4000
"""Pages of the -wal file at which it is checkpointed into the store: 16 MB, so that less than one commit in a hundred
waits for that, and pages written several times are copied once."""

JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024
SMALLEST_DATABASE = 512

TABLES = (
    "sweeps", "workers", "runs", "iterations", "evaluations", "buckets", "checkpoints", "commands", "settings",
    "rung_decisions", "metrics", "measurements", "metric_buckets", "output",
    "sources",
)  # fmt: skip
"""The tables of a whole store."""


def _missing(path: Path) -> StoreError:
    return StoreError(
        f"There is no store at {path} yet. Open the dashboard or use `{store_command('run')}` to create it, "
        f"or name another file with --db."
    )


def _may_write(place: Path) -> bool:
    return os.access(place, os.W_OK) and os.access(place.parent, os.W_OK)


def _way_up_to_date(place: Path) -> str:
    """What brings an older store up to date, for whom may write to it and for whom may not."""
    if _may_write(place):
        return f"open it once in the dashboard ({store_command()}) to bring it up to date."
    return "you may not write to it, so copy it into a folder of yours, and open the copy with --db."


def located(path: str | os.PathLike[str]) -> Path:
    """The absolute path of a store, links resolved, so that it is created where they lead."""
    return Path(os.path.realpath(os.path.expanduser(path)))


def connect_for_writing(path: str | os.PathLike[str], *, create: bool = True) -> Connection:
    """A connection that may write: creates a missing store if `create`, migrates an older one.

    Raises StoreError when that is impossible; the message says what was kept.
    """
    place = located(path)
    if not os.path.lexists(place):
        if not create:
            raise _missing(place)
        make_store(place)
    _refuse_other_files(place)
    if not _may_write(place):
        raise unwritable(place)
    notice = set_aside(place) if is_strange(place) else ""
    if notice:
        log.warning("%s", notice)
    with explained(place):
        raw = connect(place, "mode=rw")
        try:
            version = pragma(raw, "user_version")
            _check_version(version, place)
            _set_journal_mode(raw, place)
            if version < SCHEMA_VERSION:
                bring_up_to_date(raw)
            _check_tables(raw, place)
            raw.execute("PRAGMA synchronous = NORMAL")
            raw.execute(f"PRAGMA wal_autocheckpoint = {JOURNAL_PAGES}")
            raw.execute(f"PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT}")
        except BaseException:
            raw.close()
            raise
    return MarkedConnection(raw, place, notice) if journal_mode(place) == "WAL" else Connection(raw, place, notice)


def connect_for_reading(path: str | os.PathLike[str]) -> Connection:
    """A connection that cannot write, migrate or set the journal mode.

    Raises StoreError when there is no store or its schema is of another version, MisplacedStore when its journal is
    foreign.
    """
    place = located(path)
    if not os.path.lexists(place):
        raise _missing(place)
    _refuse_other_files(place)
    if is_strange(place):
        raise MisplacedStore(
            f"{misplacement(place)}. Nothing was read, nothing was changed. Start the dashboard on it once, or any "
            f"command that writes to it: the journal is set aside then, and the store is as its own file has it."
        )
    with explained(place):
        raw, version = _open_read_only(place)
        try:
            _check_version(version, place)
            if version < SCHEMA_VERSION:
                raise StoreError(
                    f"{place} was made by an older version (schema {version}, this one reads {SCHEMA_VERSION}). "
                    f"Nothing was changed; {_way_up_to_date(place)}"
                )
            _check_tables(raw, place)
            raw.execute("PRAGMA query_only = ON")
        except BaseException:
            raw.close()
            raise
    return Connection(raw, place)


def _open_read_only(place: Path) -> tuple[sqlite3.Connection, int]:
    try:
        return _first_read(place, "mode=ro")
    except sqlite3.OperationalError:
        # In a folder that we cannot write, a WAL store without a journal has no writer and needs no lock.
        if os.access(place.parent, os.W_OK) or Path(f"{place}-wal").exists():
            raise
        return _first_read(place, "mode=ro&immutable=1")


def _first_read(place: Path, query: str) -> tuple[sqlite3.Connection, int]:
    raw = connect(place, query)
    try:
        raw.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return raw, pragma(raw, "user_version")
    except BaseException:
        raw.close()
        raise


def _refuse_other_files(place: Path) -> None:
    """Raise StoreError unless the file at `place` is a store; never changes it.

    SQLite reads the header, not open(): closing a plain descriptor would drop the locks that this process may hold on
    the same file.
    """
    advice = "It was left as it is. Name another file with --db, or move this one away."
    try:
        status = place.stat()
    except OSError as error:
        raise StoreError(f"{place} cannot be looked at: {error.strerror}. Name another file with --db.") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise StoreError(f"{place} is {kind}. {advice}")
    if status.st_size == 0:
        raise StoreError(
            f"{place} is empty (0 bytes), so it is not a store: it was emptied, or created by another program. "
            f"{advice} If a copy of the store exists, put it back; if not, delete the file and a new store is made."
        )
    if not os.access(place, os.R_OK):
        raise StoreError(f"{place} cannot be read by you. {advice}")
    if status.st_size < SMALLEST_DATABASE:
        raise StoreError(f"{place} is not a database. {advice}")
    try:
        with closing(connect(place, "mode=ro&immutable=1")) as probe:
            owner = pragma(probe, "application_id")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname == "SQLITE_NOTADB":
            raise StoreError(f"{place} is not a database. {advice}") from error
        return  # another process may be checkpointing; the real connection decides
    if owner != APPLICATION_ID:
        raise StoreError(f"{place} is a database of another program. {advice}")


def _check_version(version: int, place: Path) -> None:
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{place} was made by a newer version of Lossboard (schema {version}, this one knows {SCHEMA_VERSION}). "
            f"Nothing was changed. Bring Lossboard up to date, or name another file with --db."
        )


def _check_tables(raw: sqlite3.Connection, place: Path) -> None:
    there = {name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    missing = [name for name in TABLES if name not in there]
    if missing:
        raise StoreError(
            f"{place} is no whole store: another program has removed {', '.join(missing)} from its tables. Nothing "
            f"was changed. Go back to a backup, or start a new store with --db."
        )


def _set_journal_mode(raw: sqlite3.Connection, place: Path) -> None:
    wanted = journal_mode(place)
    if raw.execute("PRAGMA journal_mode").fetchone()[0].upper() == wanted:
        return
    if raw.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0].upper() != wanted and wanted == "DELETE":
        raise StoreError(
            f"{place} lies on a network file system and is open elsewhere, where its journal is not safe. "
            f"Nothing was changed. Close every Lossboard that uses it and try again, or use a local disk with --db."
        )
