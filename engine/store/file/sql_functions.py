"""SQL functions: Unicode case folding, natural sort order, the label of a spec and values by flat names, none of which
SQLite has."""

from __future__ import annotations

import json
import re
import sqlite3
from functools import lru_cache

from engine.spec import NO_DATA, RunSpec, label
from engine.store.records.config import value_named

_DIGITS = re.compile(r"\d+")
_WIDTH = 20


def folded(text: object) -> str | None:
    """The case-folded text; None for NULL."""
    return None if text is None else str(text).casefold()


def sortable(text: object) -> str | None:
    """A sort key for natural order, ignoring case: run 2 before Run 10. None for NULL and ''."""
    return _DIGITS.sub(lambda digits: digits[0].rjust(_WIDTH, "0"), str(text).casefold()) if text else None


CALLED_BY = ("strategy", "update", "batch_size", "objective", "dataset")
"""The fields of a spec that make its label and its searchable words, in the order that `called` and `words` take."""


@lru_cache(maxsize=1024)
def called(fields: str | None, batch_kind: str | None) -> str | None:
    """The label of a spec's strategy, as a table shows it; None for NULL.

    `fields` is a JSON array of the fields CALLED_BY; `batch_kind` is the JSON type of the batch size, None if absent.
    """
    if fields is None:
        return None
    strategy, update, batch_size, objective, dataset = _called_by(fields, batch_kind)
    function = objective if dataset == NO_DATA else ""
    return label(strategy, update, None if batch_size == "None" else batch_size, function)


@lru_cache(maxsize=1024)
def words(fields: str | None, batch_kind: str | None) -> str:
    """The searchable words of a spec, case-folded, one per line; '' for NULL. Arguments as for `called`."""
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
    """Register the functions with a connection, under their Python names."""
    raw.create_function("folded", 1, folded, deterministic=True)
    raw.create_function("sortable", 1, sortable, deterministic=True)
    raw.create_function("called", 2, called, deterministic=True)
    raw.create_function("words", 2, words, deterministic=True)
    raw.create_function("value_named", 2, value_named, deterministic=True)
