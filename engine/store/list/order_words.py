"""Order words: orders and columns of the list in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.spec import FIELDS
from engine.store.list.columns import COLUMNS, WORDS
from engine.store.list.listing import ORDERS, largest_first
from engine.store.list.logged_fields import logged_field
from engine.text import clean


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """An order in words, with what comes first by default and what if it is reversed."""

    name: str
    phrase: str
    directions: tuple[str, str]


def directions(name: str) -> tuple[str, str]:
    """What comes first in an order, and what if it is reversed."""
    if name in ("run", "created"):
        return "newest first", "oldest first"
    if name == "status":
        return "running first", "finished first"
    if name in ("name", "tags", "kind", "project", "group") or name in WORDS:
        return "a to z", "z to a"
    if largest_first(name):
        return "largest first", "smallest first"
    return "smallest first", "largest first"


NAMED: Mapping[str, str] = {
    "run": "run number",
    "iterations": "iterations done",
    "planned": "planned iterations",
    "elapsed": "time",
    "kind": "kind of run",
    "project": "project",
    "group": "group",
    "loss": "loss",
    "train": "train loss",
    "validation": "validation loss",
    "accuracy": "validation accuracy",
    "test": "test loss",
    "test_accuracy": "test accuracy",
    "batch_loss": "batch loss",
    "best": "best train loss",
    "speed": "speed",
    "created": "age",
    "curve": "curve",
    "status": "status",
    "name": "name",
    "tags": "tags",
}
"""Orders and columns in words, where they are not settings."""


def words_of(name: str) -> str:
    """An order or a column in words; a logged field by its name, cleaned."""
    if (field := logged_field(name)) is not None:
        return clean(name if field.source != "metric" else field.title, LONGEST_NAME)
    return NAMED[name] if name in NAMED else FIELDS[name].label


LONGEST_NAME = 80
"""Characters of the name of a logged field."""


ORDER_NAMES: tuple[NamedOrder, ...] = tuple(
    NamedOrder(name, words_of(name), directions(name)) for name in sorted(ORDERS, key=COLUMNS.index)
)
"""The orders in the order of the columns."""


def sorted_by(name: str) -> str:
    """What an order that was chosen does."""
    return f"Sorted by {words_of(name)}, {directions(name)[0]}"
