"""Choices: what the viewer chose to see, as one frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.store import Run
from tui.chart.view import XKind
from tui.look import Look
from tui.palette import assign

MOST_MARKED = 8
"""Curves drawn at once: as many as there are colours that can be told apart."""


@dataclass(frozen=True, slots=True)
class Choices:
    """`marked` runs are drawn, in the order in which they were marked; `by_hand` those that a person marked.

    `met` are the started runs that were considered for marking: a run is marked by itself only once.
    `pointed` is the run under the cursor. `slots` gives every marked run its colour while it is marked.
    """

    marked: tuple[int, ...] = ()
    by_hand: frozenset[int] = frozenset()
    met: frozenset[int] = frozenset()
    pointed: int | None = None
    alone: bool = False
    look: Look = field(default_factory=Look)
    slots: Mapping[int, int] = field(default_factory=dict)

    @property
    def log_y(self) -> bool:
        return self.look.log_y

    @property
    def x_kind(self) -> XKind:
        return self.look.x_kind

    @property
    def drawn(self) -> tuple[int, ...]:
        """The runs that the chart shows."""
        if self.alone:
            return () if self.pointed is None else (self.pointed,)
        return self.marked

    def slot(self, run_id: int) -> int:
        """The colour slot of a drawn run; a run that is looked at alone without a mark takes the first free one."""
        return self.slots[run_id] if run_id in self.slots else assign([*self.slots, run_id], self.slots)[run_id]

    def follow(self, runs: Sequence[Run]) -> Choices:
        """These choices after the store changed: runs that have started since get marked, the cursor finds a run."""
        known = {run.run_id for run in runs}
        started = [run for run in runs if run.state != "queued"]
        fresh = [run for run in started if run.run_id not in self.met]
        running = {run.run_id for run in started if run.state == "running"}
        newest_last = sorted(fresh, key=lambda run: (run.run_id in running, run.run_id))[-MOST_MARKED:]
        marked = [run_id for run_id in self.marked if run_id in known]
        for run in sorted(newest_last, key=lambda run: run.run_id):
            marked = self._with_room(marked, running)
            if len(marked) < MOST_MARKED:
                marked.append(run.run_id)
        met = frozenset(run.run_id for run in started)
        pointed = self.pointed if self.pointed in known else runs[0].run_id if runs else None
        if (tuple(marked), met, pointed) == (self.marked, self.met, self.pointed):
            return self
        return replace(self._marking(marked), met=met, pointed=pointed)

    def _with_room(self, marked: list[int], running: Iterable[int]) -> list[int]:
        if len(marked) < MOST_MARKED:
            return marked
        idle = [run_id for run_id in marked if run_id not in self.by_hand]
        idle.sort(key=lambda run_id: run_id in running)
        return [run_id for run_id in marked if run_id not in idle[:1]]

    def _marking(self, marked: Iterable[int]) -> Choices:
        marked = tuple(marked)
        return replace(self, marked=marked, slots=assign(marked, self.slots))

    def toggled(self, run_id: int) -> Choices:
        """Mark a run by hand, or take its mark away. A full chart drops the oldest mark that no hand has set."""
        if run_id in self.marked:
            rest = self._marking(other for other in self.marked if other != run_id)
            return replace(rest, by_hand=self.by_hand - {run_id})
        marked = self._with_room(list(self.marked), ())
        if len(marked) >= MOST_MARKED:
            return self
        return replace(self._marking([*marked, run_id]), by_hand=self.by_hand | {run_id})

    def pointing_at(self, run_id: int) -> Choices:
        """The cursor on another run."""
        return replace(self, pointed=run_id)

    def looking_so(self, look: Look) -> Choices:
        """The chart looked at in another way."""
        return self if look == self.look else replace(self, look=look)

    def looking(self, *, alone: bool) -> Choices:
        """The pointed run alone, or all marked runs together."""
        return replace(self, alone=alone)
