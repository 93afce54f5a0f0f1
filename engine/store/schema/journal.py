"""Journal: whether the -wal beside a store belongs to that file, and how a foreign one is set aside.

A store may replace another (a restored backup) while the old one's journal is still beside it: SQLite would apply that
journal to the new file and corrupt it. So each store holds a mark, in a row of its settings. The mark is renewed
whenever the journal restarts, that is after all of it was checkpointed into the file: the file without its journal then
has the mark seen through the journal, or the one before.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.store.file.connection import Connection, connect
from engine.store.records import MisplacedStore, StoreError

JOURNALS = ("-wal", "-shm", "-journal")
ORPHAN = ".orphan"
"""Suffix of the name of a journal that was set aside."""

SALT = slice(16, 24)
"""Bytes of a journal's header that change whenever it restarts (SQLite's WAL format: salt-1 and salt-2)."""

NONE_BEFORE = "-"
SELECT_MARK = "SELECT value FROM settings WHERE name = 'journal'"
KEEP_MARK = "INSERT OR REPLACE INTO settings (name, value) VALUES ('journal', ?)"

ALONE_WAIT_MS = 500


def generation(place: Path) -> str:
    """The salt of the journal beside a store, which identifies its current start; '' without a journal or if empty.

    SQLite takes no lock on the journal's own file, so closing it here drops no lock of this process.
    """
    try:
        descriptor = os.open(f"{place}-wal", os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(descriptor, SALT.stop)[SALT].hex()
    finally:
        os.close(descriptor)


class MarkedConnection(Connection):
    """A connection to a store in WAL mode that renews the mark before its first transaction and after each."""

    def __init__(self, raw: sqlite3.Connection, path: Path, notice: str = "") -> None:
        super().__init__(raw, path, notice)
        self._generation = ""

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """As in Connection, with the mark kept up to date."""
        with self._lock:
            if not (self._generation or generation(self.path)):
                self._begin()
            with super().transaction() as raw:
                yield raw
            self._update_mark()

    def _begin(self) -> None:
        """Renew the mark in the store's own file before its journal begins: older copies now count as other stores.

        A new store has no mark yet; its journal holds everything that copies of its file lack.
        """
        with super().transaction() as raw:
            if generation(self.path) or not _mark_seen(raw):
                return
            mark_anew(raw, os.urandom(8).hex())
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def _update_mark(self) -> None:
        now = generation(self.path)
        if now == self._generation:
            return
        try:
            if _newest_mark(_mark_seen(self._raw)) != now:
                with super().transaction() as raw:
                    _mark(raw, self.path, now)
        except (StoreError, sqlite3.OperationalError):
            return  # the caller's transaction is committed; the next one retries this
        self._generation = now


def _mark(raw: sqlite3.Connection, place: Path, now: str) -> None:
    """Mark the store with this generation of its journal, unless it has that mark.

    Skipped until the previous mark has reached the file: file and journal must never be more than one mark apart.
    """
    seen = _newest_mark(_mark_seen(raw))
    if seen != now and seen == _newest_mark(_mark_in_file(place) or ""):
        mark_anew(raw, now)


def mark_anew(raw: sqlite3.Connection, now: str) -> None:
    """Give a store a new mark; the row keeps the previous one before it."""
    raw.execute(KEEP_MARK, (f"{_newest_mark(_mark_seen(raw))} {now}",))


_known_pairs: dict[Path, tuple[float | str, ...]] = {}
"""Identity, time, size and journal generation of each store when its journal was last found to be its own."""


def is_strange(place: Path) -> bool:
    """True when the journal beside a store belongs to another file. Reads only; changes neither file."""
    now = generation(place)
    if not now:
        return False
    status = os.stat(place)
    pair = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, now)
    if _known_pairs.get(place) == pair:
        return False
    strange = _is_strange(place)
    if not strange:
        _known_pairs[place] = pair
    return strange


def _is_strange(place: Path) -> bool:
    try:
        with closing(connect(place, "mode=ro")) as raw:
            for _ in range(2):  # a concurrent write must not look like a foreign journal
                seen = _mark_seen(raw)
                alone = _mark_in_file(place)
                if alone is None or not seen or _newest_mark(alone) in seen.split() or seen != _mark_seen(raw):
                    return False
            return True
    except sqlite3.DatabaseError as error:
        is_damaged = error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
        return is_damaged and _is_sound(place)  # any other error is left to the real connection


def _newest_mark(mark: str) -> str:
    return mark.rpartition(" ")[2] or NONE_BEFORE


def _mark_seen(raw: sqlite3.Connection) -> str:
    """The mark that a connection sees, journal included; '' without one."""
    try:
        row = raw.execute(SELECT_MARK).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_ERROR":
            raise
        return ""  # schema older than the table `settings`
    return "" if row is None else str(row[0])


def _mark_in_file(place: Path) -> str | None:
    """The mark in the store's file without its journal; None while a write makes the file unreadable."""
    try:
        with closing(connect(place, "mode=ro&immutable=1")) as raw:
            return _mark_seen(raw)
    except sqlite3.DatabaseError:
        return None


def _is_sound(place: Path) -> bool:
    """True when the file without its journal is a sound database."""
    try:
        with closing(connect(place, "mode=ro&immutable=1")) as raw:
            return bool(raw.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def put_aside(place: Path) -> str:
    """Rename the journals beside `place` so that SQLite ignores them; returns the new name of the last one, or ''.

    The caller must know that no process uses them.
    """
    Path(f"{place}-shm").unlink(missing_ok=True)  # an index of the -wal, rebuilt from it
    name = ""
    for suffix in ("-journal", "-wal"):
        orphan = Path(f"{place}{suffix}")
        if orphan.exists():
            name = str(orphan.rename(_free(f"{orphan}{ORPHAN}")))
    return Path(name).name


def _free(name: str) -> str:
    numbers = iter(range(2, 1_000_000))
    free = name
    while os.path.lexists(free):
        free = f"{name}-{next(numbers)}"
    return free


def orphans(place: Path) -> list[Path]:
    """The -wal journals that were set aside beside a store, sorted by name."""
    return sorted(path for path in place.parent.iterdir() if path.name.startswith(f"{place.name}-wal{ORPHAN}"))


def misplacement(place: Path) -> str:
    """The sentence for people about a foreign journal, without its end."""
    return f"{place} was put in the place of another store, whose journal ({place.name}-wal) would be mixed into it"


def set_aside(place: Path) -> str:
    """Set a foreign journal aside under an exclusive lock; returns the sentence for people, '' if already done.

    Raises MisplacedStore when a process uses the store, or when that cannot be determined.
    """
    before, name = generation(place), ""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", suffix=".alone", dir=place.parent) as folder:
            # Under another name SQLite finds no journal, yet the same locks: locks belong to the file.
            alone = Path(folder) / "store"
            os.link(place, alone)
            with closing(connect(alone, "mode=rw")) as raw:
                raw.execute(f"PRAGMA busy_timeout = {ALONE_WAIT_MS}")
                raw.execute("PRAGMA locking_mode = EXCLUSIVE")
                raw.execute("BEGIN EXCLUSIVE")
                if generation(place) == before:  # else another process was faster
                    name = put_aside(place)
                raw.execute("ROLLBACK")
    except (OSError, sqlite3.OperationalError) as error:
        used = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname.startswith("SQLITE_BUSY")
        why = "another process has it open" if used else f"it could not be set aside ({error})"
        raise MisplacedStore(
            f"{misplacement(place)}, and {why}. Nothing was written. Close every Lossboard on it, then move "
            f"{place.name}-wal away or open it again."
        ) from error
    return f"{misplacement(place)}: it was set aside as {name}. The store is as its own file has it." if name else ""
