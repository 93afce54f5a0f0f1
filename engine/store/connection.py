"""One connection to a store: how it is opened or refused, and the one door to a transaction."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.store.filesystem import journal_mode
from engine.store.records import StoreBusy, StoreError, StoreFull, StoreGone

APPLICATION_ID = 0x4C6F7373
"""'Loss' in ASCII: marks a file as ours before anything else in it is believed."""

SCHEMA_VERSION = 1
"""user_version of a store that has had every migration."""

BUSY_TIMEOUT_S = 10.0
JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024

Rows = list[tuple[Any, ...]]


class Connection:
    """A connection that any thread may use, one at a time; errors come out as StoreError."""

    def __init__(self, raw: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._raw = raw
        self._lock = threading.RLock()
        self._identity = _identity(path)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The only way to write: BEGIN IMMEDIATE, commit at the end, roll back on any exception.

        Keep it short: it holds the write lock of the whole store. A deferred BEGIN that reads
        first would fail at once, without waiting, when another process writes in between.
        """
        with self._lock, explained(self.path):
            self._raw.execute("BEGIN IMMEDIATE")
            try:
                self.check_identity()
                yield self._raw
                self._raw.execute("COMMIT")
            except BaseException:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """All rows of one SELECT, fetched at once so that no read transaction stays open."""
        with self._lock, explained(self.path):
            return self._raw.execute(sql, parameters).fetchall()

    def check_identity(self) -> None:
        """Raise StoreGone when the path no longer leads to the file that is open."""
        if _identity(self.path) != self._identity:
            raise StoreGone(
                f"{self.path} was deleted or replaced while it was open. What was committed before is in the old file "
                f"only; nothing more was written. Put the file back, or start Lossboard again to use the new one."
            )

    def close(self) -> None:
        """Give the file back; twice is harmless."""
        with self._lock, explained(self.path):
            self._raw.close()


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
    if name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return StoreFull(
            f"{path} cannot grow: the disk is full. Everything committed so far is kept; "
            f"make room and it will go on, or use another place with --db."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return _unwritable(path)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreError(
            f"{path} is damaged ({error}). It was left as it is. Copy it and its -wal file away, then try "
            f"`sqlite3 {path.name} .recover`, go back to a backup, or start a new store with --db."
        )
    return StoreError(f"{path}: SQLite says: {error} ({name or type(error).__name__}). The transaction was undone.")


def _unwritable(path: Path) -> StoreError:
    return StoreError(
        f"{path} cannot be written by you: the file or its folder is read-only. Nothing was changed; "
        f"change the permissions, or use another place with --db."
    )


def _missing(path: Path) -> StoreError:
    return StoreError(
        f"There is no store at {path} yet. Start the dashboard or `lossboard run` there to make one, "
        f"or name another file with --db."
    )


def located(path: str | os.PathLike[str]) -> Path:
    """The real, absolute path of a store; links are followed so that it is created where they lead."""
    return Path(os.path.realpath(os.path.expanduser(path)))


def connect_for_writing(path: str | os.PathLike[str], *, create: bool = True) -> Connection:
    """A connection that may write: makes the store when there is none, brings an older one up to date."""
    place = located(path)
    if not os.path.lexists(place):
        if not create:
            raise _missing(place)
        _create(place)
    _refuse_strangers(place)
    if not (os.access(place, os.W_OK) and os.access(place.parent, os.W_OK)):
        raise _unwritable(place)
    with explained(place):
        raw = _connect(place, "mode=rw")
        try:
            _check_version(raw, place)
            _keep_journal(raw, place)
            if _pragma(raw, "user_version") < SCHEMA_VERSION:
                _upgrade(raw)
            raw.execute("PRAGMA synchronous = NORMAL")
            raw.execute(f"PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT}")
        except BaseException:
            raw.close()
            raise
    return Connection(raw, place)


def connect_for_reading(path: str | os.PathLike[str]) -> Connection:
    """A connection that cannot write, migrate or set the journal mode; raises StoreError when there is no store."""
    place = located(path)
    if not os.path.lexists(place):
        raise _missing(place)
    _refuse_strangers(place)
    with explained(place):
        raw = _connect(place, "mode=ro")
        try:
            version = _first_read(raw)
        except sqlite3.OperationalError:
            raw.close()
            # A WAL store in a folder that we cannot write cannot be shared with a writer either: there is none.
            if os.access(place.parent, os.W_OK) or Path(f"{place}-wal").exists():
                raise
            raw = _connect(place, "mode=ro&immutable=1")
            version = _first_read(raw)
        _check_version(raw, place)
        if version < SCHEMA_VERSION:
            raw.close()
            raise StoreError(
                f"{place} was made by an older version (schema {version}, this one reads {SCHEMA_VERSION}). "
                f"Nothing was changed; start the dashboard on it once to bring it up to date."
            )
        raw.execute("PRAGMA query_only = ON")
    return Connection(raw, place)


def _connect(place: Path, query: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{place.as_uri()}?{query}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def _first_read(raw: sqlite3.Connection) -> int:
    raw.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return _pragma(raw, "user_version")


def _pragma(raw: sqlite3.Connection, name: str) -> int:
    return int(raw.execute(f"PRAGMA {name}").fetchone()[0])


def _refuse_strangers(place: Path) -> None:
    """Raise StoreError for anything at `place` that is not a store of ours, without touching it.

    The header is read through SQLite and not with open(): closing a plain descriptor would drop
    the locks that this process may hold on the same file.
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
            f"{place} is empty (0 bytes), so it is not a store: something has emptied it, or made it without us. "
            f"{advice} If a copy of the store exists, put it back; if not, delete the file and a new store is made."
        )
    if not os.access(place, os.R_OK):
        raise StoreError(f"{place} cannot be read by you. {advice}")
    try:
        with closing(_connect(place, "mode=ro&immutable=1")) as probe:
            owner = _pragma(probe, "application_id")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname == "SQLITE_NOTADB":
            raise StoreError(f"{place} is not a database. {advice}") from error
        return  # a checkpoint may be under way in another process; the real connection decides
    if owner != APPLICATION_ID:
        raise StoreError(f"{place} is a database of another program. {advice}")


def _check_version(raw: sqlite3.Connection, place: Path) -> None:
    version = _pragma(raw, "user_version")
    if version > SCHEMA_VERSION:
        raw.close()
        raise StoreError(
            f"{place} was made by a newer version of Lossboard (schema {version}, this one knows {SCHEMA_VERSION}). "
            f"Nothing was changed. Bring Lossboard up to date, or name another file with --db."
        )


def _keep_journal(raw: sqlite3.Connection, place: Path) -> None:
    wanted = journal_mode(place)
    if raw.execute("PRAGMA journal_mode").fetchone()[0].upper() == wanted:
        return
    if raw.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0].upper() != wanted and wanted == "DELETE":
        raw.close()
        raise StoreError(
            f"{place} lies on a network file system and is open elsewhere, where its journal is not safe. "
            f"Nothing was changed. Close every Lossboard that uses it and try again, or use a local disk with --db."
        )


def _upgrade(raw: sqlite3.Connection) -> None:
    from engine.store import migrations  # sqlite-utils takes 50 ms to import; only a new or old store needs it

    raw.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(raw)
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def _create(place: Path) -> None:
    """Make a complete store under another name and link it into place.

    So a file at `place` is a whole store from its first moment, whoever looks, and of two
    processes that make one at the same time the first wins and the second uses it.
    """
    if not place.parent.is_dir():
        raise StoreError(
            f"The folder {place.parent} does not exist. Nothing was made; create it, or name another file with --db."
        )
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".new", dir=place.parent)
    except OSError as error:
        raise StoreError(
            f"No store can be made in {place.parent}: {error.strerror}. Use another place with --db."
        ) from error
    os.close(descriptor)
    draft = Path(name)
    try:
        with explained(place), closing(_connect(draft, "mode=rw")) as raw:
            raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
            raw.execute(f"PRAGMA journal_mode = {journal_mode(place)}")
            _upgrade(raw)
        _put_in_place(draft, place)
    finally:
        for leftover in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm"), Path(f"{draft}-journal")):
            leftover.unlink(missing_ok=True)


def _put_in_place(draft: Path, place: Path) -> None:
    with suppress(FileExistsError):
        try:
            os.link(draft, place)
        except (PermissionError, NotImplementedError, OSError) as error:
            if isinstance(error, FileExistsError) or place.exists():
                return
            os.rename(draft, place)  # a file system without hard links; the last of two makers would win
