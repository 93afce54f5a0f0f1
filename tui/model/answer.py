"""Answer: what came of an order, as the screens are told, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Deleted = tuple[Literal["run", "sweep"], int]


@dataclass(frozen=True, slots=True)
class Undo:
    """`carry_out` takes it back in a thread and returns the sentence on it; `deleted` is what that brings back."""

    carry_out: Callable[[], str]
    deleted: Deleted | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentence` is cleaned. `field` is the field of a spec that does not fit its data set; None for other answers."""

    sentence: str
    failed: bool = False
    field: str | None = None
    of_sweep: bool = False
