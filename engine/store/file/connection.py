"""One connection to a store: how it is opened or refused, and the one door to a transaction."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.store.file.sql_functions import register
from engine.store.records import StoreBusy, StoreError, StoreFull, StoreGone

APPLICATION_ID = 0x4C6F7373
"""'Loss' in ASCII: marks a file as ours before anything else in it is believed."""

SCHEMA_VERSION = 5
"""user_version of a store that has had every migration."""

BUSY_TIMEOUT_S = 10.0
"""How long a lock that another process holds is waited for before it is called busy."""

RETRY_S = 0.002
LONGEST_PAUSE_S = 0.05

Rows = list[tuple[Any, ...]]

PART_ROWS = 128

T = TypeVar("T")


class Connection:
    """A connection that any thread may use, one at a time; errors come out as StoreError.

    `notice` is what was done on opening that people should know; '' mostly.
    """

    def __init__(self, raw: sqlite3.Connection, path: Path, notice: str = "") -> None:
        self.path = path
        self.notice = notice
        self._raw = raw
        self._lock = threading.RLock()
        self._identity = _identity(path)
        raw.execute("PRAGMA busy_timeout = 0")  # from here on `when_unlocked` waits
        register(raw)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The only way to write: BEGIN IMMEDIATE, commit at the end, roll back on any exception.

        Keep it short: it holds the write lock of the whole store. A deferred BEGIN that reads
        first would fail at once, without waiting, when another process writes in between.
        """
        with self._lock, explained(self.path), write_lock(self._raw):
            self.check_identity()
            yield self._raw

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Rows:
        """All rows of one SELECT, fetched at once so that no read transaction stays open."""
        with self._lock, explained(self.path):
            return when_unlocked(lambda: self._raw.execute(sql, parameters).fetchall())

    def table(self, sql: str, parameters: Sequence[Any] = (), *, width: int) -> NDArray[np.float64]:
        """The rows of one SELECT of numbers as columns, shape (width, n); NULL is NaN.

        They are taken over in small parts: thousands of rows as Python's objects would raise the most memory that is
        ever needed, and what was needed once is not given back.
        """
        with self._lock, explained(self.path):
            return when_unlocked(lambda: _columns(self._raw.execute(sql, parameters), width))

    def check_identity(self) -> None:
        """Raise StoreGone when the path no longer leads to the file that is open."""
        if _identity(self.path) != self._identity:
            raise StoreGone(
                f"{self.path} was deleted or replaced while it was open. What was committed before is in the old file "
                f"only; nothing more was written. Put the file back, or start Lossboard again to use the new one."
            )

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy every page into another database, as they are in one moment, while others go on writing."""
        with self._lock, explained(self.path):
            self._raw.backup(target)

    def close(self) -> None:
        """Give the file back; twice is harmless."""
        with self._lock, explained(self.path):
            self._raw.close()


def _columns(cursor: sqlite3.Cursor, width: int) -> NDArray[np.float64]:
    parts = [np.empty((width, 0))]
    while rows := cursor.fetchmany(PART_ROWS):
        parts.append(np.array(rows, dtype=np.float64).T)
    return np.concatenate(parts, axis=1)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a StoreError with a sentence for people."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explanation(error, path) from error


def _explanation(error: sqlite3.Error, path: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy(
            f"{path} has been locked by another process for {BUSY_TIMEOUT_S:.0f} s. Nothing was lost; "
            f"find out who holds it (a backup? a database browser with unsaved changes?) and try again."
        )
    if name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"):
        return StoreFull(
            f"{path} cannot grow: the disk is full. Everything committed so far is kept; "
            f"make room and it will go on, or use another place with --db."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return unwritable(path)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreError(
            f"{path} is damaged ({error}). It was left as it is. Copy it and its -wal file away, then try "
            f"`sqlite3 {path.name} .recover`, go back to a backup, or start a new store with --db."
        )
    return StoreError(f"{path}: SQLite says: {error} ({name or type(error).__name__}). The transaction was undone.")


def unwritable(path: Path) -> StoreError:
    """The refusal of a store that is read-only for this user."""
    return StoreError(
        f"{path} cannot be written by you: the file or its folder is read-only. Nothing was changed; "
        f"change the permissions, or use another place with --db."
    )


def connect(place: Path, query: str) -> sqlite3.Connection:
    """A raw connection in autocommit mode; `query` is the part of the URI that says how (mode=ro, ...)."""
    return sqlite3.connect(
        f"{place.as_uri()}?{query}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def pragma(raw: sqlite3.Connection, name: str) -> int:
    """A pragma that is a number."""
    return int(raw.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def write_lock(raw: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE, commit at the end, roll back on any exception. Waits for others, as opening a store does."""
    when_unlocked(lambda: raw.execute("BEGIN IMMEDIATE"))
    try:
        yield
        when_unlocked(lambda: raw.execute("COMMIT"))
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def when_unlocked(ask: Callable[[], T]) -> T:
    """The result of `ask`, tried until no other process holds the lock that it needs, or for BUSY_TIMEOUT_S.

    SQLite's own patience sleeps up to 0.1 s between two tries: with eight writers one commit in a hundred took 125 ms.
    """
    end, pause_s = time.monotonic() + BUSY_TIMEOUT_S, RETRY_S
    while True:
        try:
            return ask()
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() >= end:
                raise
        time.sleep(random.uniform(0.2, 1.0) * pause_s)
        pause_s = min(1.05 * pause_s, LONGEST_PAUSE_S)
