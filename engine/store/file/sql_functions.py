"""Functions of ours in SQLite: its own `lower` knows ASCII alone, it sorts 10 before 2, and has no word for a spec."""

from __future__ import annotations

import json
import re
import sqlite3
from functools import lru_cache

from engine.spec import RunSpec, label

_DIGITS = re.compile(r"\d+")
_WIDTH = 20


def folded(text: object) -> str | None:
    """The text for a comparison in which letters of either case are alike; None for nothing."""
    return None if text is None else str(text).casefold()


def sortable(text: object) -> str | None:
    """A key that sorts a text as people do: run 2 before Run 10. None for nothing and for an empty text."""
    return _DIGITS.sub(lambda digits: digits[0].rjust(_WIDTH, "0"), str(text).casefold()) if text else None


CALLED_BY = ("strategy", "update", "batch_size", "objective", "dataset")
"""The fields of a spec that say what a run is called, in the order in which `called` and `words` take them."""


@lru_cache(maxsize=1024)
def called(fields: str | None, batch_kind: str | None) -> str | None:
    """What a table calls the strategy of a spec.

    `fields` are those of CALLED_BY as a JSON array; `batch_kind` is of what kind of JSON the batch size is.
    """
    if fields is None:
        return None
    strategy, update, batch_size, *_ = _called_by(fields, batch_kind)
    return label(strategy, update, None if batch_size == "None" else batch_size)


@lru_cache(maxsize=1024)
def words(fields: str | None, batch_kind: str | None) -> str:
    """All that a spec is called, folded, on lines of their own; '' without one."""
    if fields is None:
        return ""
    strategy, _, _, *others = _called_by(fields, batch_kind)
    return "\n".join((called(fields, batch_kind) or "", strategy, *others)).casefold()


def _called_by(fields: str, batch_kind: str | None) -> list[str]:
    defaults = RunSpec.__dataclass_fields__
    found = zip(CALLED_BY, json.loads(fields), strict=True)
    is_written = {"batch_size": batch_kind is not None}
    return [str(value if is_written.get(name, value is not None) else defaults[name].default) for name, value in found]


def register(raw: sqlite3.Connection) -> None:
    """Make them known to a connection, under these names."""
    raw.create_function("folded", 1, folded, deterministic=True)
    raw.create_function("sortable", 1, sortable, deterministic=True)
    raw.create_function("called", 2, called, deterministic=True)
    raw.create_function("words", 2, words, deterministic=True)
