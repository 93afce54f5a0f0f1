"""Successive halving: at each rung the runs of a sweep wait for one another, and the worst are let go."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from engine.spec.parsing import SpecError

Contender = TypeVar("Contender", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Halving:
    """At which iterations (`rungs`, rising) contenders are compared, and which share of them goes on (0 < `keep` < 1).

    Raises SpecError.
    """

    rungs: tuple[int, ...]
    keep: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "rungs", tuple(self.rungs))
        if not self.rungs or any(isinstance(rung, bool) or not isinstance(rung, int) for rung in self.rungs):
            raise SpecError("halving", "rungs: give iterations with commas between them, like 100,300")
        if self.rungs[0] < 1 or any(after <= before for before, after in pairwise(self.rungs)):
            raise SpecError("halving", f"rungs: {', '.join(map(str, self.rungs))} must rise, from 1 on")
        if not (isinstance(self.keep, (int, float)) and 0 < self.keep < 1):
            raise SpecError("halving", f"keep: a share greater than 0 and less than 1, not {self.keep}")
        object.__setattr__(self, "keep", float(self.keep))

    def after(self, rung: int) -> int | None:
        """The rung that comes after one; None after the last."""
        return next((later for later in self.rungs if later > rung), None)


@dataclass(frozen=True, slots=True)
class Decision(Generic[Contender]):
    """Who goes on from a rung and who does not, best first; `kept_up_to` is the largest loss that was kept."""

    kept: tuple[Contender, ...]
    dropped: tuple[Contender, ...]
    kept_up_to: float


def decide(losses: Mapping[Contender, float], keep: float) -> Decision[Contender]:
    """Keep the share with the lowest losses, at least one; of equal ones those that come first.

    A loss that is not finite is never kept. Nothing but the losses decides, so who came first to the rung does not.
    """
    ranked = sorted(losses, key=lambda contender: _rank(losses[contender]))
    # Rounded before the ceiling, or 0.07 of 100 would be eight.
    quota = max(1, math.ceil(round(keep * len(ranked), 9)))
    kept = tuple(contender for contender in ranked[:quota] if math.isfinite(losses[contender]))
    return Decision(kept, tuple(ranked[len(kept) :]), losses[kept[-1]] if kept else -math.inf)


def _rank(loss: float) -> tuple[bool, float]:
    return (False, loss) if math.isfinite(loss) else (True, 0.0)
