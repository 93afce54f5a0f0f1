"""Listing: which runs somebody wants to see, and in what order; told to SQLite, so that ten thousand cost as few.

A filter is words: all must fit, `|` between groups means either. A word is found in a run's number, name, tags, note,
state and spec. `name:text` looks in one field, `name>=1e-3` compares (= != < <= > >=), a leading `-` means not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.fields import FIELDS
from engine.values import near_match

COLUMNS: Mapping[str, str] = {
    "run": "run_id",
    "name": "name",
    "state": "state",
    "loss": "last_loss",
    "best": "best_loss",
    "iterations_done": "iterations_done",
    "rate": "iterations_per_s",
    "elapsed": "elapsed_s",
    "tag": "tags",
    "note": "note",
    "created": "created_at",
    "sweep": "sweep_id",
    "parent": "parent_id",
}
"""What can be asked for besides the fields of a spec, and the column that holds it."""

ORDERS = ("run", "name", "strategy", "step_size", "batch_size", "iterations_done", "loss", "best", "rate")
"""What a list can be sorted by."""

OTHER_WORDS: Mapping[str, str] = {"sgd": "gradient-descent", "step": "step_size", "batch": "batch_size"}
"""Short names, of fields and of values."""

LARGEST_FIRST = frozenset({"run", "iterations_done", "rate"})
TERM = re.compile(r"(-?)(\w+)(:|<=|>=|!=|<|>|=)(.+)", re.DOTALL)


class FilterError(ValueError):
    """A filter cannot be read: the message says which word, and what would do."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A filter as it was typed, and an order: one of ORDERS, `reverse` the other way round than usual."""

    text: str = ""
    order: str = "run"
    reverse: bool = False

    def where(self) -> tuple[str, tuple[object, ...]]:
        """The condition in SQL with its parameters. Raises FilterError."""
        groups, values = [], []
        for part in self.text.split("|"):
            terms = [_condition(word) for word in part.split()]
            if terms:
                groups.append(" AND ".join(sql for sql, _ in terms))
                values += [value for _, parameters in terms for value in parameters]
        wanted = f" AND ({' OR '.join(f'({group})' for group in groups)})" if groups else ""
        return f"deleted_at IS NULL{wanted}", tuple(values)

    def order_by(self) -> str:
        """The order in SQL: what has no value comes last, equal ones newest first."""
        expression = _expression(self.order)
        downwards = (self.order in LARGEST_FIRST) != self.reverse
        return f"{expression} IS NULL, {expression} {'DESC' if downwards else 'ASC'}, run_id DESC"


def _expression(name: str) -> str:
    name = OTHER_WORDS.get(name, name)
    if name in COLUMNS:
        return COLUMNS[name]
    if name in FIELDS:
        return f"json_extract(spec, '$.{name}')"
    known = (*COLUMNS, *FIELDS)
    raise FilterError(f"filter: there is no field {name!r}{near_match(name, known)}")


def _condition(word: str) -> tuple[str, tuple[object, ...]]:
    found = TERM.fullmatch(word)
    if found is None:
        negated, text = word.startswith("-") and len(word) > 1, word.removeprefix("-").lower()
        text = OTHER_WORDS.get(text, text) if text == "sgd" else text
        sql = "instr(lower(run_id || ' ' || name || ' ' || tags || ' ' || note || ' ' || state || ' ' || spec), ?) > 0"
        return (f"NOT {sql}" if negated else sql), (text,)
    sign, name, operator, text = found.groups()
    expression = _expression(name)
    if operator == ":":
        sql, value = f"instr(lower(coalesce({expression}, '')), ?) > 0", _value(text)
        value = str(value) if not isinstance(value, str) else OTHER_WORDS.get(text.lower(), text.lower())
    else:
        value = _value(text)
        if isinstance(value, str) and operator not in ("=", "!="):
            raise FilterError(f"filter: {word!r} compares with {text!r}, which is no number")
        sql = f"coalesce({expression} {'IS NOT' if operator == '!=' else operator} ?, 0)"
    return (f"NOT {sql}" if sign else sql), (value,)


def _value(text: str) -> float | int | str:
    try:
        number = float(text)
        return int(text) if text.lstrip("+-").isdecimal() and abs(number) < 2**63 else number
    except ValueError:
        return text
