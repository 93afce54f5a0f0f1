"""What the tests of sweeps on the screen share: a plan, its store, and what stands in the sweep view."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.jobs.people.progress import SweepOutcome, outcome
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_reading, open_for_writing
from engine.sweep import Axis, Comparison, SweepPlan
from tests.presence import present
from tests.tui.dashboards import Opened, opened
from tui.screens.sweep_view import SweepView
from tui.widgets.sweep.table import SweepTable

BASE = defaults().changed(iterations=60, batch_size=32)
PLAN = SweepPlan(BASE, (Axis("step_size", (1e-4, 1e-2, 0.1, 1.0, 1e4)),))


def without_workers(patch: pytest.MonkeyPatch) -> None:
    """Nobody works unless a test does."""
    for module in ("people.submit", "people.steer", "processes.launch", "people.sweeps", "worker.worker_loop"):
        patch.setattr(f"engine.jobs.{module}.start_workers", lambda path, count=None: 0)
    patch.setattr("engine.jobs.processes.launch.warm_workers", lambda path: 0)


async def work(path: Path) -> None:
    """What a worker would do, until the queue is empty."""
    await asyncio.to_thread(worker_loop.work, path, leave=lambda: False)


def queued(path: Path, plan: SweepPlan) -> Path:
    with open_for_writing(path) as store:
        store.queue.add_sweep(plan)
    return path


def found(path: Path, sweep_id: int) -> SweepOutcome:
    reader = open_for_reading(path)
    try:
        return outcome(reader, sweep_id)
    finally:
        reader.close()


def work_off(path: Path, plan: SweepPlan) -> Path:
    """A store in which a plan has been worked off, to be copied."""
    queued(path, plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


@asynccontextmanager
async def looking_at(path: Path, size: tuple[int, int] = (120, 35)) -> AsyncIterator[Opened]:
    """A dashboard that shows the sweep of its newest run."""
    async with opened(path, size) as board:
        await board.press("V")
        await board.until(lambda: isinstance(board.app.screen, SweepView) and board.app.screen.seen.outcome is not None)
        await board.pilot.pause()
        yield board


def view_of(board: Opened) -> SweepView:
    """The sweep view, whatever is asked over it."""
    [view] = [screen for screen in board.app.screen_stack if isinstance(screen, SweepView)]
    return view


def shows(board: Opened, sweep_id: int) -> bool:
    """Whether a sweep has been read and stands on the screen."""
    screen = board.app.screen
    return isinstance(screen, SweepView) and screen.sweep_id == sweep_id and screen.seen.outcome is not None


def table_of(board: Opened) -> list[str]:
    """A row for each value, below the names of the columns."""
    return board.app.screen.query_one(SweepTable).text().split("\n")[1:]


def values_of(board: Opened) -> list[str]:
    """The values in the table."""
    return [row.split()[2] for row in table_of(board)]


def outcome_of(board: Opened) -> SweepOutcome:
    return present(view_of(board).seen.outcome)


def best_of(comparison: Comparison) -> float:
    """The batch size that a comparison found best."""
    return present(present(comparison.best)[0])
