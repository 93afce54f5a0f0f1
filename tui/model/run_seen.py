"""What is seen of a run besides its row: its curve where the chart looks, a preview of it, its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.store import Evaluation, Event
from engine.store.read.widths import spacing_for
from engine.trace.curve import NO_ROWS, Curve, Samples

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
class RowPreview:
    """`shape` is the losses of a run, oldest first, best so far where it searches; NaN is a gap. `scale` is that of all
    the runs that are seen: small curves can be compared.
    """

    shape: tuple[float, ...] = ()
    scale: Scale = None


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


Beginnings = Mapping[tuple[int, int, int], Curve]
"""Curves by their first iteration, that after their last one, and the columns that they were read for."""


@dataclass(frozen=True, slots=True)
class VisiblePart:
    """What a chart shows of a run in its window.

    `log_x_detail` of the `curve`, finer than it, are there on a logarithmic x axis; `samples` (single iterations) where
    the chart shows what curves do not hold, and `further` is what makes it easy to read on from them.
    """

    curve: Curve = NO_ROWS
    log_x_detail: Beginnings = field(default_factory=dict)
    samples: Samples | None = None
    further: Sampled | None = None


@dataclass(frozen=True, slots=True)
class RunSeen:
    """What one read found of a run that is drawn or pointed at, besides its row: now, or at a moment of a replay."""

    whole: Curve = NO_ROWS
    """The curve of all its iterations."""
    visible: VisiblePart = VisiblePart()
    evaluations: tuple[Evaluation, ...] = ()
    """From the first to the newest."""
    events: tuple[Event, ...] = ()
    before: tuple[Curve, ...] = ()
    """What a fork goes on from: its parent's curve up to the fork, that one's parent's, and so on."""
    gradient_norm: float | None = None
    """Of the newest iteration, where the run is pointed at and has recorded one."""

    @property
    def curve(self) -> Curve:
        """The curve in the window of the chart."""
        return self.visible.curve


UNSEEN = RunSeen()
