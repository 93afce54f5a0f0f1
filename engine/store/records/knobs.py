"""Knobs: numbers that a program lets be changed while it runs, as its run's row has them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Knob:
    """A knob: its name, how it stands, and the bounds within which it may be set (None: none)."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None

    def within(self, value: float) -> float:
        """The value, or the bound that it is beyond."""
        return min(
            max(value, -math.inf if self.low is None else self.low), math.inf if self.high is None else self.high
        )


@lru_cache(maxsize=1024)
def knobs_from_text(text: str) -> tuple[Knob, ...]:
    """The knobs of a stored JSON object; what is none is left out."""
    try:
        found = json.loads(text) if text else {}
        return tuple(
            Knob(name, float(each["value"]), _bound(each.get("low")), _bound(each.get("high")))
            for name, each in found.items()
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()


def _bound(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
