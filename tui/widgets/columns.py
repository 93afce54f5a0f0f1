"""The columns of the runs table: what each says about a run, and which ones a narrow table keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.style import Style

from engine.spec import RunSpec
from engine.store import Run
from tui import format as fmt
from tui.describe import given_name, label, progress
from tui.theme import ACCENTED, DIM, FAILED, FINISHED, RULES, STRONG, TEXT, WARNED
from tui.widgets.lines import Part

SIGNS: Mapping[str, tuple[str, Style]] = {
    "running": ("●", STRONG),
    "queued": ("…", DIM),
    "paused": ("⏸", WARNED),
    "finished": ("✓", FINISHED),
    "diverged": ("✗", FAILED),
    "failed": ("✗", FAILED),
    "cancelled": ("⊘", DIM),
    "lost": ("?", WARNED),
    "silent": ("◌", WARNED),
    "waiting": ("◔", WARNED),
}
"""How a status looks: a shape first, a colour second."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `rank` 0 is never dropped, higher ranks go first; `spare` cells may be added when there is room.

    `order` is what the list is called when it is sorted by it.
    """

    title: str
    width: int
    rank: int
    parts: Callable[[Run, int], Sequence[Part]]
    right: bool = True
    spare: int = 0
    order: str = ""


def _of_spec(text: Callable[[RunSpec], str]) -> Callable[[Run, int], Sequence[Part]]:
    return lambda run, width: [(fmt.NOTHING if run.spec is None else text(run.spec), TEXT)]


def _step_size(spec: RunSpec) -> str:
    return fmt.NOTHING if spec.strategy == "random-search" else fmt.setting(spec.step_size)


def _batch(spec: RunSpec) -> str:
    if spec.strategy != "gradient-descent":
        return "full"
    return "full" if spec.batch_size is None else fmt.count(spec.batch_size)


def _iterations(run: Run, width: int) -> Sequence[Part]:
    done = fmt.count(run.iterations_done)
    share = progress(run)
    if run.state not in ("running", "paused") or share is None or width < len(done) + 5:
        return [(done if run.state != "queued" else fmt.NOTHING, TEXT)]
    full, rest = fmt.bar(share, width - 1 - max(len(done), 4))
    return [(full, ACCENTED), (rest, RULES), (done.rjust(max(len(done), 4) + 1), TEXT)]


def _loss(run: Run, width: int) -> Sequence[Part]:
    if run.last_loss is None and run.iterations_done:
        return [("nan", FAILED)]
    return [(fmt.number(run.last_loss), STRONG if run.state == "running" else TEXT)]


COLUMNS: tuple[Column, ...] = (
    Column("run", 3, 0, lambda run, width: [(str(run.run_id), DIM)], order="run"),
    Column("name", 12, 8, lambda run, width: [(given_name(run), TEXT)], right=False, spare=16, order="name"),
    Column("strategy", 13, 0, lambda run, width: [(label(run), TEXT)], right=False, order="strategy"),
    Column("objective", 9, 9, _of_spec(lambda spec: spec.objective), right=False),
    Column("step", 5, 3, _of_spec(_step_size), order="step_size"),
    Column("batch", 5, 7, _of_spec(_batch), order="batch_size"),
    Column("iteration", 9, 4, _iterations, spare=12, order="iterations_done"),
    Column("loss", 6, 1, _loss, order="loss"),
    Column("best", 6, 2, lambda run, width: [(fmt.number(run.best_loss), TEXT)], order="best"),
    Column("it/s", 4, 5, lambda run, width: [(fmt.rate(run.iterations_per_s), DIM)], order="rate"),
)


def fitting(runs: Sequence[Run], room: int) -> list[Column]:
    """The columns for a table of `room` cells, at their widths; a column of names only where there are names."""
    digits = max((len(str(run.run_id)) for run in runs), default=1)
    kept = [replace(column, width=max(digits, 3)) if column.title == "run" else column for column in COLUMNS]
    if not any(given_name(run) for run in runs):
        kept = [column for column in kept if column.title != "name"]
    while sum(column.width + 1 for column in kept) > room and any(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    free = room - sum(column.width + 1 for column in kept)
    for index, column in enumerate(kept):
        extra = min(column.spare, max(free, 0))
        kept[index] = replace(column, width=column.width + extra)
        free -= extra
    return kept
