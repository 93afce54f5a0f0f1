"""Connection: one SQLite connection to a store, its single kind of transaction, its lock wait and its errors."""

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
"""'Loss' in ASCII: identifies a store before anything else in the file is read."""

SCHEMA_VERSION = 7
"""user_version of a store with all migrations applied."""

BUSY_TIMEOUT_S = 10.0
"""Longest wait for another process's lock before StoreBusy."""

RETRY_S = 0.002
LONGEST_PAUSE_S = 0.05

Rows = list[tuple[Any, ...]]

PART_ROWS = 128

T = TypeVar("T")


class Connection:
    """A thread-safe connection: calls are serialised, SQLite's errors become StoreError.

    `notice` is a sentence about a repair made on opening; usually ''.
    """

    def __init__(self, raw: sqlite3.Connection, path: Path, notice: str = "") -> None:
        self.path = path
        self.notice = notice
        self._raw = raw
        self._lock = threading.RLock()
        self._identity = _identity(path)
        raw.execute("PRAGMA busy_timeout = 0")  # `when_unlocked` waits instead
        register(raw)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The only way to write: BEGIN IMMEDIATE, commit at the end, roll back on any exception.

        Keep it short: it holds the write lock of the whole store. A deferred BEGIN that reads first would fail at
        once, without waiting, if another process writes in between. Raises StoreGone when the file was replaced.
        """
        with self._lock, explained(self.path), write_lock(self._raw):
            self.check_identity()
            yield self._raw

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Rows:
        """All rows of one SELECT, fetched at once, so that no read transaction stays open."""
        with self._lock, explained(self.path):
            return when_unlocked(lambda: self._raw.execute(sql, parameters).fetchall())

    def table(self, sql: str, parameters: Sequence[Any] = (), *, width: int) -> NDArray[np.float64]:
        """The rows of one SELECT of numbers as columns, float64 (width, n); NULL becomes NaN.

        Fetches PART_ROWS rows at a time: thousands of rows as Python objects would raise peak memory, which the
        process never returns.
        """
        with self._lock, explained(self.path):
            return when_unlocked(lambda: _columns(self._raw.execute(sql, parameters), width))

    def check_identity(self) -> None:
        """Raise StoreGone when the path no longer leads to the open file."""
        if _identity(self.path) != self._identity:
            raise StoreGone(
                f"{self.path} was deleted or replaced while it was open. What was committed before is in the old file "
                f"only; nothing more was written. Put the file back, or start Lossboard again to use the new one."
            )

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy all pages into another database: a consistent snapshot, while other connections keep writing."""
        with self._lock, explained(self.path):
            self._raw.backup(target)

    def close(self) -> None:
        """Close the file; idempotent."""
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
    """Turn SQLite's errors into StoreError with a sentence for people."""
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
    return StoreError(
        f"{path}: SQLite says: {error} ({name or type(error).__name__}). Nothing was written, and what was there is "
        f"kept. If another program has changed the store, go back to a backup or start a new store with --db."
    )


def unwritable(path: Path) -> StoreError:
    """The error for a store that this user cannot write."""
    return StoreError(
        f"{path} cannot be written by you: the file or its folder is read-only. Nothing was changed; "
        f"change the permissions, or use another place with --db."
    )


def connect(place: Path, query: str) -> sqlite3.Connection:
    """A raw connection in autocommit mode; `query` is the query part of the URI (mode=ro, ...)."""
    return sqlite3.connect(
        f"{place.as_uri()}?{query}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def pragma(raw: sqlite3.Connection, name: str) -> int:
    """The value of an integer pragma."""
    return int(raw.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def write_lock(raw: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE, commit at the end, roll back on any exception; waits for the lock as `when_unlocked` does."""
    when_unlocked(lambda: raw.execute("BEGIN IMMEDIATE"))
    try:
        yield
        when_unlocked(lambda: raw.execute("COMMIT"))
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def when_unlocked(ask: Callable[[], T]) -> T:
    """The result of `ask`, retried for up to BUSY_TIMEOUT_S while another process holds the lock it needs.

    Raises sqlite3.OperationalError after that. SQLite's own busy handler sleeps up to 0.1 s between tries: with eight
    writers one commit in a hundred took 125 ms.
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
