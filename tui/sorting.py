"""The order of the runs: by what a column of the table says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, Literal, get_args

from engine.store import Run
from tui.describe import given_name
from tui.filter_fields import label_of, number_of

SortColumn = Literal["run", "name", "strategy", "step size", "batch", "iterations", "loss", "best", "it/s", "status"]
COLUMNS: tuple[SortColumn, ...] = get_args(SortColumn)

STATUS_ORDER = (
    "running",
    "waiting",
    "silent",
    "paused",
    "queued",
    "lost",
    "failed",
    "diverged",
    "cancelled",
    "finished",
)
"""From what happens now, over what asks for help, to what is over."""

_NUMBERS: Mapping[str, str] = {
    "run": "id",
    "step size": "step_size",
    "batch": "batch_size",
    "iterations": "iterations",
    "loss": "loss",
    "best": "best",
    "it/s": "speed",
}


def sort(
    runs: Sequence[Run],
    column: SortColumn,
    descending: bool = False,
    pinned: Collection[int] = (),
    status: Callable[[Run], str] = attrgetter("state"),
) -> list[Run]:
    """The runs in the order of a column, the pinned ones on top in that order too.

    Runs that are equal there keep the order in which they came; those with nothing there are last in both directions.
    `status` judges a run. Raises ValueError for a column that is not in COLUMNS.
    """
    key = _key(column, status)
    told = [(key(run), run) for run in runs]
    present = sorted((pair for pair in told if pair[0] is not None), key=lambda pair: pair[0], reverse=descending)
    ordered = [run for _, run in present] + [run for value, run in told if value is None]
    return sorted(ordered, key=lambda run: run.run_id not in pinned)


def _key(column: str, status: Callable[[Run], str]) -> Callable[[Run], Any]:
    """What a run is sorted by, None where it has nothing to say."""
    if column in _NUMBERS:
        return lambda run: _finite(number_of(run, _NUMBERS[column]))
    if column == "name":
        return lambda run: natural(given_name(run))
    if column == "strategy":
        return lambda run: natural(label_of(run))
    if column == "status":
        return lambda run: _rank(status(run))
    raise ValueError(f"runs cannot be sorted by {column!r}; choose from {', '.join(COLUMNS)}")


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _rank(status: str) -> int:
    return STATUS_ORDER.index(status) if status in STATUS_ORDER else len(STATUS_ORDER)


def natural(text: str) -> tuple[tuple[str, int, str], ...] | None:
    """The text as people sort it, run 2 before run 10 and letters in either case alike; None for an empty one."""
    parts = re.split(r"(\d+)", text.casefold())
    pairs = zip(parts[::2], (*parts[1::2], ""), strict=True)
    return tuple((words, len(digits.lstrip("0")), digits.lstrip("0")) for words, digits in pairs) if text else None
