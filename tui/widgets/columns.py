"""The columns of the runs table: what each shows of a run, and which ones fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from rich.style import Style

from engine.spec import RunSpec
from engine.store import ENDED, Run
from tui.chart.cells.sparkline import sparkline
from tui.colours.theme import ACCENTED, DIM, FAILED, RULES, STRONG, TEXT
from tui.model.run_seen import RowPreview, Scale
from tui.presenting.describe import given_name, in_force, label, progress
from tui.text import numbers
from tui.text.parts import Part

STEP_WIDTH = 5


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `rank` 0 is never dropped, higher ranks go first; `spare` cells are added when they fit.

    `short` replaces a title that does not fit. `order` is the name of the sort order that the column shows. `previews`:
    it shows data of a RowPreview.
    """

    title: str
    width: int
    rank: int
    parts: Callable[[Run, RowPreview, int], Sequence[Part]]
    right: bool = True
    spare: int = 0
    order: str = ""
    short: str = ""
    previews: bool = False

    @property
    def shown_title(self) -> str:
        """The title that fits."""
        return self.short if self.short and self.width < len(self.title) else self.title


def _of_run(text: Callable[[Run], str], style: Style = TEXT) -> Callable[[Run, RowPreview, int], Sequence[Part]]:
    return lambda run, preview, width: [(text(run), style)]


def _of_spec(text: Callable[[RunSpec], str]) -> Callable[[Run, RowPreview, int], Sequence[Part]]:
    return _of_run(lambda run: numbers.NOTHING if (spec := in_force(run)) is None else text(spec))


def _step_size(spec: RunSpec) -> str:
    if not spec.kind.steps:
        return numbers.NOTHING
    told = (numbers.setting(spec.step_size, digits) for digits in (4, 3, 2, 1))
    return next((text for text in told if len(text) <= STEP_WIDTH), numbers.magnitude(spec.step_size))


def _batch(spec: RunSpec) -> str:
    if not spec.kind.batches:
        return "full"
    return "full" if spec.batch_size is None else numbers.count(spec.batch_size)


def _iterations(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
    done = numbers.count(run.iterations_done)
    share = progress(run)
    if run.state not in ("running", "paused") or share is None or width < len(done) + 5:
        return [(done if run.state != "queued" else numbers.NOTHING, TEXT)]
    full, rest = numbers.bar(share, width - 1 - max(len(done), 4))
    return [(full, ACCENTED), (rest, RULES), (done.rjust(max(len(done), 4) + 1), TEXT)]


def _of_loss(loss: Callable[[Run], float | None]) -> Callable[[Run, RowPreview, int], Sequence[Part]]:
    def parts(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
        value = loss(run)
        return [(numbers.loss_in(width, value), FAILED if value is not None and value != value else TEXT)]

    return parts


def _accuracy(run: Run) -> str:
    """Accuracy on the validation split in at most five cells: 97.2%, 100%."""
    return numbers.percent(run.validation_accuracy).replace(" ", "").replace("100.0", "100")


def _current(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
    value = run.current_loss
    is_nan = value is not None and value != value
    return [(numbers.loss_in(width, value), FAILED if is_nan else STRONG if run.state == "running" else DIM)]


def _curve(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
    """The small curve; while the run is active, its width is the share of the budget that is used."""
    share = 1.0 if run.state in ENDED else min(progress(run) or 1.0, 1.0)
    return [(curve_text(preview.shape, max(round(share * width), 1), preview.scale).ljust(width), DIM)]


@lru_cache(maxsize=128)
def curve_text(shape: tuple[float, ...], width: int, scale: Scale) -> str:
    """A curve of `width` cells, on a logarithmic scale if all of `scale` is above 0."""
    values = np.asarray(shape)
    if not len(values):
        return " " * width
    if len(values) < 2 * width:
        values = values[np.arange(2 * width) * len(values) // (2 * width)]
    return sparkline(values, width, limits=scale, log=scale is not None and scale[0] > 0)


COLUMNS: tuple[Column, ...] = (
    Column("run", 3, 0, _of_run(lambda run: str(run.run_id), DIM), order="run"),
    Column("name", 12, 9, _of_run(given_name), right=False, spare=16, order="name"),
    Column("strategy", 13, 0, _of_run(label), right=False, order="strategy"),
    Column("objective", 9, 11, _of_spec(lambda spec: spec.objective), right=False, order="objective"),
    Column("step", STEP_WIDTH, 3, _of_spec(_step_size), order="step_size"),
    Column("batch", 5, 7, _of_spec(_batch), order="batch_size"),
    Column("iteration", 5, 5, _iterations, spare=16, order="iterations", short="iter"),
    Column("train", 6, 1, _of_loss(lambda run: run.train_loss), order="train"),
    Column("valid.", 6, 2, _of_loss(lambda run: run.validation_loss), order="validation"),
    Column("acc.", 5, 2, _of_run(_accuracy), order="accuracy"),
    Column("batch ~", 6, 4, _current, order="batch_loss", short="batch~", spare=1),
    Column("best", 6, 8, _of_loss(lambda run: run.best_loss), order="best"),
    Column("curve", 6, 6, _curve, right=False, spare=6, previews=True),
    Column("it/s", 4, 10, _of_run(lambda run: numbers.rate(run.iterations_per_s), DIM), order="speed"),
    Column("created", 12, 12, _of_run(lambda run: numbers.moment(run.created_at), DIM), right=False, order="created"),
)

NAMED = Column("name", 13, 0, _of_run(lambda run: given_name(run) or label(run)), right=False, order="name")
"""The column for a table that has no room for both names and strategies."""


def fitting(runs: Sequence[Run], room: int, order: str = "run") -> tuple[Column, ...]:
    """The columns for a table of `room` cells, at their widths; names have one only if there are names.

    The column of the sort order is dropped last. If names do not fit in a column of their own, they replace the
    strategies.
    """
    digits = max((len(str(run.run_id)) for run in runs), default=1)
    kept = [replace(column, width=max(digits, 3)) if column.title == "run" else column for column in COLUMNS]
    are_named = any(given_name(run) for run in runs)
    if order != "name" and not are_named:
        kept = [column for column in kept if column.title != "name"]
    kept = [replace(column, rank=1) if column.rank > 1 and column.order == order else column for column in kept]
    while sum(column.width + 1 for column in kept) > room and any(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    if are_named and order != "strategy" and not any(column.title == "name" for column in kept):
        kept = [NAMED if column.title == "strategy" else column for column in kept]
    free = room - sum(column.width + 1 for column in kept)
    for index, column in enumerate(kept):
        extra = min(column.spare, max(free, 0))
        kept[index] = replace(column, width=column.width + extra)
        free -= extra
    return tuple(kept)
