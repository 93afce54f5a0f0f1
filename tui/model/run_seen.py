"""What is seen of a run besides its row: its curve where the chart looks, a preview of it, its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.store import Evaluation, Event
from engine.store.read.widths import spacing_for
from engine.trace.curve import Curve, Samples

if TYPE_CHECKING:
    from engine.analysis.templates import Templates


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The weights of a run after `iteration` iterations. Where they cannot be shown, `trouble` says why."""

    run_id: int
    iteration: int
    templates: Templates | None = None
    trouble: str = ""


Scale = tuple[float, float] | None
"""The losses at the bottom and at the top of small curves; None where there is none to draw."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """`shape` is the losses of a run, oldest first, best so far where it searches; NaN is a gap. `scale` is that of all
    the runs that are seen: small curves can be compared.
    """

    shape: tuple[float, ...] = ()
    scale: Scale = None


Beginnings = Mapping[tuple[int, int, int], Curve]
"""Curves by their first iteration, that after their last one, and the columns that they were read for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The shown window of a run's curve, its finer `beginnings` on a logarithmic x axis, and `samples` (single
    iterations) where the chart shows what curves do not hold, with what makes it easy to read them `further`.
    """

    curve: Curve
    beginnings: Beginnings
    samples: Samples | None
    further: Sampled | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """Single iterations of a run's `attempt` from `first` to `last`, where there is room for `columns` of them."""

    samples: Samples
    attempt: int
    first: int
    last: int
    columns: int

    @property
    def spacing(self) -> int:
        return spacing_for(self.last - self.first + 1, self.columns)


Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OneRun:
    """One run's rows, what of them is shown, and what they depend on."""

    stamp: Stamp
    columns: int
    whole: Curve
    shown: Shown
    evaluations: tuple[Evaluation, ...]
    events: tuple[Event, ...]
