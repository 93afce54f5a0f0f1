"""The journal (-wal) beside a store: whether it belongs to that file, and how one that does not is set aside.

A store may be put in another's place (a backup that is copied back) while the journal of the one before still lies
there: SQLite would play it into the new file, and no page would fit its neighbour. So a row of the store is its mark.
It is made anew whenever the journal begins from its start, which is when all of it has come into the file: the file
alone then has the mark that is seen through its journal, or the one before.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.store.file.connection import Connection, connect
from engine.store.records import MisplacedStore, StoreError

JOURNALS = ("-wal", "-shm", "-journal")
ORPHAN = ".orphan"
"""How the name of a journal ends that was set aside."""

SALT = slice(16, 24)
"""Where the header of a journal has the numbers that change each time when it begins from its start."""

NONE_BEFORE = "-"
SELECT_MARK = "SELECT value FROM settings WHERE name = 'journal'"
KEEP_MARK = "INSERT OR REPLACE INTO settings (name, value) VALUES ('journal', ?)"

ALONE_WAIT_MS = 500


def generation(place: Path) -> str:
    """Which of its beginnings the journal beside a store is in; '' where there is none, or nothing in it.

    Nobody locks the journal's own file, so that closing it again takes nobody's lock away.
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
    """A connection to a store with a -wal, which sees to the mark before its first transaction and after each."""

    def __init__(self, raw: sqlite3.Connection, path: Path, notice: str = "") -> None:
        super().__init__(raw, path, notice)
        self._generation = ""

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if not (self._generation or generation(self.path)):
                self._begin()
            with super().transaction() as raw:
                yield raw
            self._see_to_mark()

    def _begin(self) -> None:
        """Mark a store whose journal is about to begin, in its own file: older copies are other stores from now on.

        A new store has no mark yet, and its journal all that its copies lack.
        """
        with super().transaction() as raw:
            if generation(self.path) or not _seen(raw):
                return
            mark_anew(raw, secrets.token_hex(8))
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def _see_to_mark(self) -> None:
        now = generation(self.path)
        if now == self._generation:
            return
        try:
            if _newest(_seen(self._raw)) != now:
                with super().transaction() as raw:
                    _mark(raw, self.path, now)
        except (StoreError, sqlite3.OperationalError):
            return  # what was asked for is committed; after the next transaction this is tried again
        self._generation = now


def _mark(raw: sqlite3.Connection, place: Path, now: str) -> None:
    """Mark the store as in this generation of its journal, unless that was done.

    While the file has not got the present mark, the journal has: the two must not be more than one mark apart.
    """
    seen = _newest(_seen(raw))
    if seen != now and seen == _newest(_alone(place) or ""):
        mark_anew(raw, now)


def mark_anew(raw: sqlite3.Connection, now: str) -> None:
    """Give a store another mark, after the one that it has."""
    raw.execute(KEEP_MARK, (f"{_newest(_seen(raw))} {now}",))


_fitting: dict[Path, tuple[float | str, ...]] = {}
"""What each store and its journal were like when they were last found to belong together."""


def is_strange(place: Path) -> bool:
    """Whether the journal beside a store is another file's. Only read: neither file is changed by the question."""
    now = generation(place)
    if not now:
        return False
    status = os.stat(place)
    pair = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, now)
    if _fitting.get(place) == pair:
        return False
    strange = _is_strange(place)
    if not strange:
        _fitting[place] = pair
    return strange


def _is_strange(place: Path) -> bool:
    try:
        with closing(connect(place, "mode=ro")) as raw:
            for _ in range(2):  # what another process does meanwhile must not look like it
                seen = _seen(raw)
                alone = _alone(place)
                if alone is None or not seen or _newest(alone) in seen.split() or seen != _seen(raw):
                    return False
            return True
    except sqlite3.DatabaseError as error:
        is_damaged = error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
        return is_damaged and _is_sound(place)  # of anything else the real connection tells


def _newest(mark: str) -> str:
    return mark.rpartition(" ")[2] or NONE_BEFORE


def _seen(raw: sqlite3.Connection) -> str:
    """The mark that a connection sees; '' where there is none."""
    try:
        row = raw.execute(SELECT_MARK).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_ERROR":
            raise
        return ""  # older than the table of settings
    return "" if row is None else str(row[0])


def _alone(place: Path) -> str | None:
    """The mark that the store's file has without its journal; None where it is being written and cannot be read."""
    try:
        with closing(connect(place, "mode=ro&immutable=1")) as raw:
            return _seen(raw)
    except sqlite3.DatabaseError:
        return None


def _is_sound(place: Path) -> bool:
    """Whether the file without its journal is a whole database."""
    try:
        with closing(connect(place, "mode=ro&immutable=1")) as raw:
            return bool(raw.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def put_aside(place: Path) -> str:
    """Give the journals beside `place` names that SQLite does not know; the new name of the -wal, '' without one.

    The caller knows that nobody uses them.
    """
    Path(f"{place}-shm").unlink(missing_ok=True)  # an index over the -wal, made again from it
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
    """The journals that were set aside beside a store."""
    return sorted(path for path in place.parent.iterdir() if path.name.startswith(f"{place.name}-wal{ORPHAN}"))


def told(place: Path) -> str:
    """What a strange journal is, for people."""
    return f"{place} was put in the place of another store, whose journal ({place.name}-wal) would be mixed into it"


def set_aside(place: Path) -> str:
    """Set a strange journal aside, while nobody else can open the store; the sentence that says so.

    Raises Misplaced where somebody uses the store, and where that cannot be found out.
    """
    before, name = generation(place), ""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", suffix=".alone", dir=place.parent) as folder:
            # Under another name SQLite finds no journal, but the same locks: they are the file's.
            alone = Path(folder) / "store"
            os.link(place, alone)
            with closing(connect(alone, "mode=rw")) as raw:
                raw.execute(f"PRAGMA busy_timeout = {ALONE_WAIT_MS}")
                raw.execute("PRAGMA locking_mode = EXCLUSIVE")
                raw.execute("BEGIN EXCLUSIVE")
                if generation(place) == before:  # else another process has just set it aside
                    name = put_aside(place)
                raw.execute("ROLLBACK")
    except (OSError, sqlite3.OperationalError) as error:
        used = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname.startswith("SQLITE_BUSY")
        why = "another process has it open" if used else f"it could not be set aside ({error})"
        raise MisplacedStore(
            f"{told(place)}, and {why}. Nothing was written. Close every Lossboard on it, then move "
            f"{place.name}-wal away or open it again."
        ) from error
    return f"{told(place)}: it was set aside as {name}. The store is as its own file has it." if name else ""
