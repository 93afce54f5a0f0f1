"""Successive halving: the runs of a sweep wait for each other at each rung, and the worst are stopped."""

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
    """The iterations (`rungs`, ascending) at which contenders are compared, and the share kept there, 0 < `keep` < 1.

    Raises SpecError for other rungs or shares.
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
        """Return the first rung above `rung`; None after the last."""
        return next((later for later in self.rungs if later > rung), None)


@dataclass(frozen=True, slots=True)
class Decision(Generic[Contender]):
    """The contenders `kept` and `dropped` at a rung, best first; `kept_up_to` is the largest kept loss, or -inf."""

    kept: tuple[Contender, ...]
    dropped: tuple[Contender, ...]
    kept_up_to: float


def decide(losses: Mapping[Contender, float], keep: float) -> Decision[Contender]:
    """Keep the share `keep` with the lowest losses, rounded up; ties keep the order of `losses`.

    A loss that is not finite is never kept. The decision depends on the losses only, not on arrival at the rung.
    """
    ranked = sorted(losses, key=lambda contender: _rank(losses[contender]))
    # Rounded before the ceiling: 0.07 * 100 is slightly above 7 and would give 8.
    quota = max(1, math.ceil(round(keep * len(ranked), 9)))
    kept = tuple(contender for contender in ranked[:quota] if math.isfinite(losses[contender]))
    return Decision(kept, tuple(ranked[len(kept) :]), losses[kept[-1]] if kept else -math.inf)


def _rank(loss: float) -> tuple[bool, float]:
    return (False, loss) if math.isfinite(loss) else (True, 0.0)
