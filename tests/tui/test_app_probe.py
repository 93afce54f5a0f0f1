"""The probe on the screen: the table and the curve, other checkpoints, and a run with the best step size."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path

import pytest

from engine.analysis.probe import format_probe
from engine.jobs.people import probe
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_writing
from tests.presence import present
from tests.tui.dashboards import opened, stored_runs
from tui.model.messages import RunsQueued
from tui.model.sweep.sweep_messages import ProbeAnswered
from tui.screens.board import Board
from tui.screens.probe import ProbeView

SPEC = defaults().changed(iterations=40)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in ("people.submit", "people.steer", "worker.worker_loop"):
        monkeypatch.setattr(f"engine.jobs.{module}.start_workers", lambda path, count=None: 0)
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([SPEC])
    worker_loop.work(path, leave=lambda: False)
    return path


async def test_the_best_step_size_is_marked_and_becomes_a_fork_or_a_run(path: Path) -> None:
    best = probe.probe(path, 1).probe.best_step_size
    async with opened(path) as board:
        await board.press("b")
        await board.until(lambda: "★ good" in board.text())
        assert isinstance(board.app.screen, ProbeView)
        kept = len(probe.probe(path, 1).checkpoints)
        assert f"probe of run 1   after 40 iterations, checkpoint {kept} of {kept}" in board.text()
        assert "…" not in board.text().splitlines()[0]
        table = format_probe(probe.probe(path, 1).probe)
        assert board.text().count("new loss:") == len(table.lines) < len(probe.probe(path, 1).probe.step_sizes)
        for line in table.lines:  # the same as on the command line
            assert re.search(rf"{re.escape(line.loss)}  {re.escape(line.change)} .*{line.judgement}", board.text())
        assert board.text().count("too large") >= 1
        await board.press("h")
        await board.until(lambda: len(board.all_of(ProbeAnswered)) == 2)
        await board.press("l")
        await board.until(lambda: len(board.all_of(ProbeAnswered)) == 3)
        await board.press("l")
        await board.until(lambda: "has kept no later weights" in board.text())
        await board.press("k", "k", "home", "enter")
        await board.until(lambda: board.all_of(RunsQueued))
        await board.until(lambda: isinstance(board.app.screen, Board))
        fork = stored_runs(path)[0]
        assert (fork.parent_id, fork.parent_iteration, present(fork.spec).step_size) == (1, 40, best)
        assert present(fork.spec).iterations == 80
        await board.until(lambda: len(board.app.snapshot.runs) == 2)
        await board.press("j", "b")
        await board.until(lambda: "after 40 iterations" in board.text())
        while "after 0 iterations" not in board.text():
            seen = len(board.all_of(ProbeAnswered))
            await board.press("h")
            await board.until(partial(lambda seen: len(board.all_of(ProbeAnswered)) > seen, seen))
            await board.pilot.pause()
        await board.press("enter")
        await board.until(lambda: len(board.all_of(RunsQueued)) == 2)
    await asyncio.to_thread(worker_loop.work, path, leave=lambda: False)
    runs = stored_runs(path)
    assert runs[0].parent_id is None
    assert {run.state for run in runs} == {"finished"}
