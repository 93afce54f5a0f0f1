"""Foreign SQLite: the one door to databases of other programs: they are read, and nothing in them is carried out."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.imports.decoding.growing import opened, shown
from engine.imports.decoding.unreadable import Unreadable

MAGIC = b"SQLite format 3\0"
WRITE_AHEAD = 2
"""What the header says of a database with a write-ahead journal."""

BUSY_S = 1.0
LONGEST_READ_S = 20.0
"""A longer look-up is broken off: no table of numbers takes that long."""

LONGEST_VALUE = 16 << 20
ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)

Rows = list[tuple[Any, ...]]


class Foreign:
    """A database of another program's, opened for reading."""

    def __init__(self, raw: sqlite3.Connection, path: Path) -> None:
        self._raw = raw
        self._path = path
        self._until_s = time.monotonic() + LONGEST_READ_S
        raw.set_progress_handler(self._is_too_long, 100_000)
        listed = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
        raw.set_authorizer(_authorize)
        self.tables = {str(name) for name, _ in listed}
        """The names of its tables; views, which may compute, are none."""

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""
        return {column[0] for column in self._raw.execute(f"SELECT * FROM {_quoted(table)} LIMIT 0").description}

    def rows(
        self, table: str, columns: Sequence[str], *, where: Mapping[str, Any] | None = None, after: int = -1,
        limit: int = -1,
    ) -> Rows:  # fmt: skip
        """(number of the row, columns) of the rows of a table after a number, in their order.

        `where` are values that columns must have. Raises Unreadable.
        """
        if table not in self.tables:
            raise Unreadable(f"{shown(self._path)} has no table {table!r}.")
        where = where or {}
        sql = (
            f"SELECT rowid, {', '.join(map(_quoted, columns))} FROM {_quoted(table)} WHERE rowid > ? "
            f"{' '.join(f'AND {_quoted(name)} = ?' for name in where)} ORDER BY rowid LIMIT ?"
        )
        self._until_s = time.monotonic() + LONGEST_READ_S
        return self._raw.execute(sql, (after, *where.values(), limit)).fetchall()

    def distinct(self, table: str, columns: Sequence[str], *, limit: int) -> Rows:
        """(a number, columns) of the different values of columns of a table, in the order in which they come first."""
        names = ", ".join(map(_quoted, columns))
        self._until_s = time.monotonic() + LONGEST_READ_S
        sql = f"SELECT min(rowid), {names} FROM {_quoted(table)} GROUP BY {names} ORDER BY 1 LIMIT ?"
        return self._raw.execute(sql, (limit,)).fetchall()

    def _is_too_long(self) -> bool:
        return time.monotonic() > self._until_s


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


@contextmanager
def foreign_database(path: Path) -> Iterator[Foreign]:
    """A database of another program's. Raises Unreadable where it is none, damaged or locked.

    Nothing is written, no file beside it either: a write-ahead journal is read where there is one, and where there is
    none nobody writes, so that the file can be taken as it is.
    """
    with opened(path) as descriptor:
        head = os.pread(descriptor, 100, 0)
    if not head.startswith(MAGIC):
        raise Unreadable(f"{shown(path)} is no SQLite database.")
    journal = Path(f"{path}-wal")
    is_alone = head[18:19] == bytes([WRITE_AHEAD]) and not journal.exists()
    uri = f"file:{quote(os.fsencode(path))}?{'immutable=1' if is_alone else 'mode=ro'}"
    raw: sqlite3.Connection | None = None
    try:
        raw = sqlite3.connect(uri, uri=True, timeout=BUSY_S)
        raw.text_factory = _text
        raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
            raw.execute(f"PRAGMA {setting}")
        yield Foreign(raw, path)
    except (sqlite3.Error, OverflowError) as error:
        raise Unreadable(f"{shown(path)} cannot be read: {error}.") from None
    finally:
        if raw is not None:
            raw.close()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
