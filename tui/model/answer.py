"""Answer: what came of an order, as the screens are told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentence` is cleaned. `field` is what a data set does not take of a spec, None if it is not about one."""

    sentence: str
    failed: bool = False
    field: str | None = None
    of_sweep: bool = False
