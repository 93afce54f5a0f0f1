"""The table of a sweep: one line a value, in the form of the notes, the best marked, the cursor's raised."""

from __future__ import annotations

import math

from textual import events
from textual.strip import Strip

from engine.outcome import ValueResult, loss_text
from engine.store import ENDED
from engine.text import clean
from tui import format as fmt
from tui.colours.ramp import letter
from tui.colours.theme import DIM, FINISHED, POINTED, STRONG, TEXT, WARNED, run_style
from tui.reading.sweeping import SweepSeen, Values
from tui.snapshot import Snapshot
from tui.sweep.charts import label
from tui.sweep.messages import SweepValuePointed
from tui.widgets.columns import SIGNS
from tui.widgets.lines import Lines, Part, cells, strip

RANKS = ("lost", "running", "silent", "waiting", "paused", "queued", "failed", "diverged", "cancelled", "finished")
"""Of the runs of one value, the one whose status comes first here tells."""


SENTENCE = 60
"""Columns from which a row is a sentence, as in the notes."""

ROOMY = 100
"""Columns from which the best is called so, beside its star."""


class SweepTable(Lines):
    """Shows what a sweep found. Posts SweepValuePointed when a row is clicked or the wheel turns."""

    DEFAULT_CSS = "SweepTable { height: auto; }"

    def __init__(self) -> None:
        super().__init__(self._table)
        self._snapshot = Snapshot()
        self._seen = SweepSeen(0)
        self._pointed: Values | None = None
        self._top = 0

    def show(self, snapshot: Snapshot, seen: SweepSeen, pointed: Values | None) -> None:
        """Show this; the cursor's row is brought into view."""
        self._snapshot, self._seen, self._pointed = snapshot, seen, pointed
        self.update()

    def on_click(self, event: events.Click) -> None:
        self._point_at(self._top + event.y)

    def on_mouse_scroll_down(self) -> None:
        self._point_at((self._seen.place(self._pointed) or 0) + 1)

    def on_mouse_scroll_up(self) -> None:
        self._point_at((self._seen.place(self._pointed) or 0) - 1)

    def _point_at(self, place: int) -> None:
        if 0 <= place < len(self._seen.values):
            self.post_message(SweepValuePointed(self._seen.values[place].values))

    def _table(self, width: int, height: int) -> list[Strip]:
        seen, rows = self._seen, max(height, 1)
        index = seen.place(self._pointed) or 0
        self._top = max(0, min(self._top, index, len(seen.values) - rows))
        self._top = max(self._top, index - rows + 1)
        names = value_names(seen)
        losses = [_loss(result) for result in seen.values]
        longest = max(map(len, losses), default=0)
        told = [loss.rjust(longest) for loss in losses]
        shown = list(zip(seen.values, names, told, seen.slots, strict=True))[self._top : self._top + rows]
        return [self._row(result, name, loss, slot, width) for result, name, loss, slot in shown]

    def _row(self, result: ValueResult, name: str, loss: str, slot: int, width: int) -> Strip:
        sign, style = SIGNS[status_of(self._snapshot, self._seen, result)]
        best = self._seen.outcome is not None and result is self._seen.outcome.best
        colour = run_style(slot)
        words = STRONG if best else TEXT
        left: list[Part] = [("▌", colour), (sign + " ", style), (letter(slot) + "  ", colour)]
        mark = "★ best  " if width >= ROOMY else "★ "
        if width < SENTENCE:
            left += [(f"{name} {loss}", words), (" ★" if best else "", FINISHED)]
        else:
            left += [(f"for {name} ", words), ("new loss: ", DIM), (f"{loss}  ", words)]
            left.append((mark if best else " " * len(mark), FINISHED))
        right: list[Part] = []
        for part in _more(self._seen, result):
            if cells(left) + cells(right) + cells(part) <= width:
                right += part
        ground = POINTED if result.values == self._pointed else None
        return strip([*left, *right], width, ground=ground)


def value_names(seen: SweepSeen) -> list[str]:
    """Each value with what it is called, such as 'step size 1e-06', all of one width."""
    if seen.outcome is None:
        return []
    axes = seen.outcome.plan.axes
    widths = [max((len(label(axis, value)) for value in axis.values), default=0) for axis in axes]
    return [
        ", ".join(
            f"{axis.label} {label(axis, value).rjust(width)}"
            for axis, value, width in zip(axes, result.values, widths, strict=True)
        )
        for result in seen.values
    ]


def status_of(snapshot: Snapshot, seen: SweepSeen, result: ValueResult) -> str:
    """What the runs of a value do, in one word."""
    statuses = {snapshot.status(seen.runs[run_id]) for run_id in result.run_ids if run_id in seen.runs}
    if result.diverged and statuses <= {"finished", "failed", "cancelled", "diverged"}:
        return "diverged"
    return next((status for status in RANKS if status in statuses), "queued")


def _loss(result: ValueResult) -> str:
    return fmt.NOTHING if result.train_loss is None else loss_text(result.train_loss)


def _more(seen: SweepSeen, result: ValueResult) -> list[list[Part]]:
    """What is told beside the loss, as far as there is room: the most telling first."""
    said: list[list[Part]] = []
    why = _why(seen, result)
    if result.validation_loss is not None:
        said.append([("validation ", DIM), (fmt.number(result.validation_loss).ljust(7), TEXT)])
        said.append([(fmt.percent(result.accuracy).rjust(6) + "  ", TEXT)])
    if why:
        said.append([(why + "  ", WARNED)])
    low, high = result.low, result.high
    if low is not None and high is not None and low < high and math.isfinite(high):
        said.append([("seeds ", DIM), (f"{fmt.number(low)} … {fmt.number(high)}  ", TEXT)])
    if seen.going_on(result) and result.iterations_done:
        if result.train_loss is not None and result.evaluated_at < result.iterations_done:
            said.append([(f"loss after {fmt.count(result.evaluated_at)}  ", DIM)])
        done = f"{fmt.count(result.iterations_done)} iteration{'' if result.iterations_done == 1 else 's'}"
        said.append([(f"{done}  ", DIM)])
    return said


def _why(seen: SweepSeen, result: ValueResult) -> str:
    """Why a value has no loss after all its iterations."""
    runs = [run for run_id in result.run_ids if (run := seen.runs.get(run_id)) is not None]
    if result.diverged:
        at = [run.diverged_at for run in runs if run.diverged_at is not None]
        return f"diverged at {min(at):,}" if at else "diverged"
    told = next((run.reason for run in runs if run.state in ("cancelled", "failed") and run.reason), "")
    if told:
        rung, is_rung, _ = told.partition(":")
        return f"dropped at {clean(rung, 20)}" if is_rung and rung.startswith("rung ") else clean(told, 60)
    left = [run for run in runs if run.state not in ENDED]
    if left and all(run.state == "paused" and run.rung == run.iterations_done for run in left):
        return f"waits at {result.iterations_done:,} for the others"
    return ""
