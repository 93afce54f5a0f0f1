"""Answer: the result of an order, as the screens receive it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentence` is cleaned. `field` is the field of a spec that does not fit its data set; None for other answers."""

    sentence: str
    failed: bool = False
    field: str | None = None
    of_sweep: bool = False
