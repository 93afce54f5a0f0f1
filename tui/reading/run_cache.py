"""About: what is read of each run that is drawn or pointed at, and what of it need not be read again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

from engine.store import Evaluation, Reader, Run
from engine.trace.curve import Curve
from tui.model.choices import Choices
from tui.model.run_seen import OneRun, Stamp
from tui.reading.curve_growth import grown
from tui.reading.visible_part import shown

KEPT = 24
"""Runs that are no longer drawn, but have just been: the cursor comes back to them."""


class About:
    """Reads runs, and keeps what it has read of them."""

    def __init__(self) -> None:
        self._held: dict[int, OneRun] = {}

    def read(self, reader: Reader, runs: Iterable[Run], choices: Choices, columns: int) -> dict[int, OneRun]:
        """All about these runs. `columns` is how many points of a curve there is room for."""
        found = {run.run_id: self._one(reader, run, choices, columns) for run in runs}
        others = {run_id: one for run_id, one in self._held.items() if run_id not in found}
        kept = list(others.items())[max(len(others) - KEPT, 0) :]
        self._held = {**dict(kept), **found}
        return found

    def _one(self, reader: Reader, run: Run, choices: Choices, columns: int) -> OneRun:
        held = self._held.get(run.run_id)
        rows: Stamp = (run.iterations_done, run.state, run.attempt, columns)
        look = choices.look
        window: Stamp = (look.window, look.x_kind, look.log_x, look.smoothing if look.window else 0.0, look.measures)
        if held is not None and held.stamp == (rows, window):
            return held if not _steered(run) else replace(held, events=tuple(reader.events(run.run_id)))
        if held is None or held.stamp[0] != rows:
            whole = self._whole(reader, run, held, columns)
            evaluations = self._evaluations(reader, run, held)
            events = tuple(reader.events(run.run_id))
        else:
            whole, evaluations, events = held.whole, held.evaluations, held.events
        seen = shown(reader, look, run, whole, columns, None if held is None else held.shown)
        return OneRun((rows, window), columns, whole, seen, evaluations, events)

    def _whole(self, reader: Reader, run: Run, held: OneRun | None, columns: int) -> Curve:
        if held is not None and held.columns == columns:
            if int(held.whole.iteration[-1:].sum()) + held.whole.width == run.iterations_done and held.whole.width == 1:
                return held.whole
            longer = grown(held.whole, reader, run, columns)
            if longer is not None:
                return longer
        return reader.curve(run.run_id, columns)

    def _evaluations(self, reader: Reader, run: Run, held: OneRun | None) -> tuple[Evaluation, ...]:
        """What was held and what came since, from the newest iteration on: its last split may not have been there."""
        known = () if held is None else held.evaluations
        if not known:
            return tuple(reader.evaluations(run.run_id))
        newest = known[-1].iteration
        before = bisect_left(known, newest, key=lambda evaluation: evaluation.iteration)
        since = tuple(reader.evaluations(run.run_id, first=newest))
        return known if known[before:] == since else (*known[:before], *since)


def _steered(run: Run) -> bool:
    """Whether events may come without iterations: forks of a run that has ended."""
    return run.state not in ("running", "queued")
