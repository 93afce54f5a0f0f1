"""Answer: what came of an order, as the screens are told, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Deleted = tuple[Literal["run", "sweep"], int]


@dataclass(frozen=True, slots=True)
class Undo:
    """How `act`, such as "pausing run 3", is taken back; `deleted` is what that brings back.

    `carry_out` does it in a thread and returns the sentence on it; None if nothing can: then `instead` says what helps.
    """

    act: str
    carry_out: Callable[[], str] | None
    deleted: Deleted | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentence` is cleaned. `field` is the field of a spec that does not fit its data set; None for other answers."""

    sentence: str
    failed: bool = False
    field: str | None = None
    of_sweep: bool = False
