"""The table of a sweep: one row per value, the best marked, the cursor's row raised."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.style import Style
from textual import events
from textual.strip import Strip

from engine.store import ENDED
from engine.sweep import Comparison, ValueResult, amount_text, are_compared, loss_texts
from engine.text import clean, loss_text, seconds_text
from tui.colours.ramp import letter
from tui.colours.theme import DIM, FINISHED, POINTED, STRONG, TEXT, WARNED, run_style
from tui.model.snapshot import Snapshot
from tui.model.sweep.sweep_messages import SweepValuePointed
from tui.model.sweep_seen import SweepSeen, Values
from tui.presenting.explained.statuses import SIGNS
from tui.presenting.sweep_charts import label, measure
from tui.text import numbers
from tui.text.parts import Part
from tui.text.widths import width_of
from tui.widgets.cell_widget import pointing_of
from tui.widgets.lines import Lines, strip

RANKS = ("lost", "running", "silent", "waiting", "paused", "queued", "failed", "diverged", "cancelled", "finished")
"""The status of a value is the first of these that one of its runs has."""


SPARE = 2
"""Columns of this rank and above make room for the losses at equal amounts."""

ROOMY = 70
"""Cells from which the remark with a star is written in full."""

NOTHING_FITS = "No value fits: esc clears the filter."

HEADER = 1
"""Rows above the values: the titles."""

MARKS = 5
"""Cells before a value: its colour bar, its status sign, its letter."""

GAP = 2

WIDEST_REMARK = 24
"""Cells for which a remark may displace columns; a longer one gets what is left."""

Cell = tuple[str, Style]


@dataclass(frozen=True, slots=True)
class SweepColumn:
    """One column: a title, and a cell per value. `rank` 0 is never dropped, higher ranks go first."""

    title: str
    cells: Sequence[Cell]
    rank: int = 0
    right: bool = True

    @property
    def width(self) -> int:
        """Cells of the widest text."""
        return max(width_of(self.title), *(width_of(text) for text, _ in self.cells))

    def cell(self, text: str, width: int) -> str:
        """A text aligned in `width` cells."""
        return numbers.fit(text, width, right=self.right)


class SweepTable(Lines):
    """Shows the results of a sweep. Posts SweepValuePointed on a click on a row; the wheel scrolls."""

    DEFAULT_CSS = "SweepTable { height: auto; }"

    def __init__(self) -> None:
        super().__init__(self._table)
        self._snapshot = Snapshot()
        self._seen = SweepSeen(0)
        self._pointed: Values | None = None
        self._top = 0
        self._scrolled_at: Values | None = None

    def show(self, snapshot: Snapshot, seen: SweepSeen, pointed: Values | None) -> None:
        """Show these results, scrolled to the cursor's row."""
        self._snapshot, self._seen, self._pointed = snapshot, seen, pointed
        self.update()

    def on_click(self, event: events.Click) -> None:
        place, listed = self._top + event.y - HEADER, self._seen.listed
        if event.y >= HEADER and place < len(listed):
            self.post_message(SweepValuePointed(listed[place].values, pointing_of(event, twice="open")))

    def on_mouse_scroll_down(self) -> None:
        self._scroll(1)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, by: int) -> None:
        """Scroll the rows and leave the cursor where it is, even out of sight, until it moves."""
        self._top, self._scrolled_at = self._top + by, self._pointed
        self.update()

    def _table(self, width: int, height: int) -> list[Strip]:
        seen, rows = self._seen, max(height - HEADER, 1)
        places = [place for place, result in enumerate(seen.values) if seen.lists(result)]
        at = seen.place(self._pointed)
        index = places.index(at) if at in places else 0
        self._top = max(0, min(self._top, len(places) - rows))
        if self._scrolled_at is None or self._scrolled_at != self._pointed:
            self._scrolled_at = None
            self._top = max(min(self._top, index), index - rows + 1)
        if not seen.values:
            return []
        columns = columns_of(self._snapshot, seen, width - MARKS)
        ends = [MARKS]
        for column in columns:
            ends.append(ends[-1] + column.width + GAP)
        widths = [min(column.width, max(width - end, 0)) for column, end in zip(columns, ends, strict=False)]
        titles = [(column.cell(column.title, room), DIM) for column, room in zip(columns, widths, strict=True)]
        lines = [strip([(" " * MARKS, TEXT), *_spaced(titles)], width)]
        if not places:
            return [*lines, strip([(" " * MARKS + NOTHING_FITS, WARNED)], width)]
        visible = places[self._top : self._top + rows]
        return [*lines, *(self._row(place, columns, widths, width) for place in visible)]

    def _row(self, place: int, columns: Sequence[SweepColumn], widths: Sequence[int], width: int) -> Strip:
        result, slot = self._seen.values[place], self._seen.slots[place]
        sign, style = SIGNS[status_of(self._snapshot, self._seen, result)]
        colour = run_style(slot)
        parts: list[Part] = [("▌", colour), (sign + " ", style), (letter(slot) + " ", colour)]
        entries = [(column.cells[place], room, column) for column, room in zip(columns, widths, strict=True)]
        cells = [(column.cell(text, room), cell_style) for (text, cell_style), room, column in entries]
        ground = POINTED if result.values == self._pointed else None
        return strip([*parts, *_spaced(cells)], width, ground=ground)


def status_of(snapshot: Snapshot, seen: SweepSeen, result: ValueResult) -> str:
    """The status of a value's runs, in one word."""
    statuses = {snapshot.status(seen.runs[run_id]) for run_id in result.run_ids if run_id in seen.runs}
    if result.diverged and statuses <= {"finished", "failed", "cancelled", "diverged"}:
        return "diverged"
    return next((status for status in RANKS if status in statuses), "queued")


def columns_of(snapshot: Snapshot, seen: SweepSeen, room: int) -> list[SweepColumn]:
    """The columns of the table that fit into `room` cells.

    If values are compared at equal amounts, each comparison has a column with a star at the lowest loss; if these do
    not all fit, a remark at the end of the row says for which comparison a value is best.
    """
    assert seen.outcome is not None
    compared = [_compared(one) for one in seen.outcome.comparisons]
    with_all = [*_measured(snapshot, seen), *compared, _remarks(seen, with_stars=not compared, room=room)]
    if compared and _width(column for column in with_all if column.rank < SPARE) <= room:
        return _fitting(with_all, room)
    return _fitting([*_measured(snapshot, seen), _remarks(seen, with_stars=True, room=room)], room)


def _measured(snapshot: Snapshot, seen: SweepSeen) -> Iterator[SweepColumn]:
    """The columns of the values and of the measurements of their runs."""
    assert seen.outcome is not None
    values, axes = seen.values, seen.outcome.plan.axes
    best = None if are_compared(axes) else seen.outcome.best
    bold = [STRONG if result is best else TEXT for result in values]
    for place, axis in enumerate(axes):
        yield SweepColumn(axis.label, _cells((label(axis, result.values[place]) for result in values), bold))
    losses = loss_texts([result.train_loss for result in values])
    plan = seen.outcome.plan
    measured = _cells((loss or numbers.NOTHING for loss in losses), bold)
    yield SweepColumn("train", measured) if plan.script is None else SweepColumn(measure(plan), measured)
    yield SweepColumn("valid.", _cells(numbers.loss(result.validation_loss) for result in values), rank=SPARE)
    yield SweepColumn(
        "acc.", _cells(numbers.percent(result.accuracy).replace(" ", "") for result in values), rank=SPARE + 2
    )
    if are_compared(axes):
        yield SweepColumn("examples", _cells(_count(result.examples_seen) for result in values), rank=1)
        times = (seconds_text(result.elapsed_s) if result.iterations_done else numbers.NOTHING for result in values)
        yield SweepColumn("time", _cells(times), rank=1)
    if not seen.outcome.comparisons or len({result.iterations_done for result in values}) > 1:
        yield SweepColumn(
            "iterations" if plan.script is None else "steps",
            _cells(_count(result.iterations_done) for result in values),
            rank=SPARE + 1,
        )
    if seen.outcome.plan.repeats > 1:
        yield SweepColumn("seeds", _cells(map(_spread, values)), rank=SPARE + 3)


def _compared(comparison: Comparison) -> SweepColumn:
    """The losses at an equal amount; a star at the lowest."""
    texts = loss_texts(comparison.losses)
    finite = [loss for loss in comparison.losses if loss is not None and math.isfinite(loss)]
    best = None if comparison.best is None else comparison.losses.index(min(finite))
    cells = [
        (f"★ {text}", FINISHED) if place == best else (text or numbers.NOTHING, TEXT)
        for place, text in enumerate(texts)
    ]
    return SweepColumn(f"at {amount_text(comparison.equal, comparison.amount)}", cells)


def _remarks(seen: SweepSeen, *, with_stars: bool, room: int) -> SweepColumn:
    """The remark on each value: that it is best, or why its loss cannot be compared."""
    stars = _stars(seen, room) if with_stars else {}
    cells: list[Cell] = []
    for result in seen.values:
        why = _why(seen, result)
        if result.values in stars:
            cells.append((stars[result.values], FINISHED))
        elif not why and seen.going_on(result) and 0 < result.evaluated_at < result.iterations_done:
            cells.append((f"measured at {result.evaluated_at:,}", DIM))
        else:
            cells.append((why, WARNED))
    return SweepColumn("", cells, right=False)


def _stars(seen: SweepSeen, room: int) -> dict[Values, str]:
    """The remark on each best value; if there are several comparisons, it names those that it wins."""
    assert seen.outcome is not None
    if not are_compared(seen.outcome.plan.axes):
        best = seen.outcome.best
        return {} if best is None else {best.values: "★ best"}
    equal: dict[Values, list[str]] = {}
    for one in seen.outcome.comparisons:
        if one.best is not None:
            equal.setdefault(one.best, []).append(one.equal)
    word = "★ equal " if room >= ROOMY else "★ "
    return {values: word + ", ".join(names) for values, names in equal.items()}


def _fitting(columns: Sequence[SweepColumn], room: int) -> list[SweepColumn]:
    kept = [column for column in columns if column.title or any(text for text, _ in column.cells)]
    while _width(kept) > room and any(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    return kept


def _width(columns: Iterable[SweepColumn]) -> int:
    widths = [column.width if column.title else min(column.width, WIDEST_REMARK) for column in columns]
    return sum(widths) + GAP * max(len(widths) - 1, 0)


def _cells(texts: Iterable[str], styles: Iterable[Style] | None = None) -> list[Cell]:
    if styles is None:
        return [(text, TEXT) for text in texts]
    return list(zip(texts, styles, strict=True))


def _spaced(parts: Sequence[Part]) -> list[Part]:
    """The parts with a gap between any two."""
    gap = (" " * GAP, TEXT)
    return [one for part in parts for one in (gap, part)][1:]


def _count(number: int) -> str:
    return f"{number:,}" if number else numbers.NOTHING


def _spread(result: ValueResult) -> str:
    """The lowest and the highest loss over the seeds, if they differ."""
    low, high = result.low, result.high
    if low is None or high is None or not low < high or not math.isfinite(high):
        return ""
    return f"{loss_text(low)} … {loss_text(high)}"


def _why(seen: SweepSeen, result: ValueResult) -> str:
    """Why a value has no loss after all its iterations; '' if it has or may still get one."""
    runs = [run for run_id in result.run_ids if (run := seen.runs.get(run_id)) is not None]
    if result.diverged:
        at = [run.diverged_after for run in runs if run.diverged_after is not None]
        return f"diverged at {min(at):,}" if at else "diverged"
    ended = next((run for run in runs if run.state in ("cancelled", "failed") and run.reason), None)
    if ended is not None:
        rung, is_rung, _ = ended.reason.partition(":")
        if is_rung and rung.startswith("rung "):
            return f"dropped at {clean(rung, 20)}"
        if ended.state == "cancelled":
            return f"stopped at {ended.iterations_done:,}" if ended.iterations_done else "never started"
        return clean(ended.reason, 60)
    left = [run for run in runs if run.state not in ENDED]
    if left and all(run.state == "paused" and run.rung == run.iterations_done for run in left):
        return f"waits at {result.iterations_done:,} for the others"
    return ""
