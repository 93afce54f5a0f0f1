"""A logged run on the board and in a replay: its curve is that of the metric that stands for it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.processes.liveness import this_process
from engine.store import LOST, Listing, LoggedWriter, Measured, Store, open_for_reading, open_for_writing
from tests.presence import present
from tests.stores import begun, facts, measured, news, query
from tests.tui.dashboards import opened
from tests.tui.moments import at
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_run
from tui.reading.feed import Source

LOSSES = np.cos(np.arange(5000) / 300)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path / "runs.db") as store:
        writer, step = begun(store), np.arange(5000)
        batch = {"lr": Measured(step, step, np.zeros(5000)), "val/loss": Measured(step, step * 1000, LOSSES)}
        writer.write(batch, news(elapsed_s=5.0, marks=((3000, "warm"),)))
    return tmp_path / "runs.db"


def test_its_curve_grows_and_late_values_are_seen(path: Path) -> None:
    source = Source(path)
    choices = Choices(marked=(1,), pointed=1)
    first = present(source.read(ReadRequest(choices, 60, rows=8)))
    drawn = chart_run(first.runs[0], first, choices, ())
    assert (drawn.kind, drawn.metric, int(present(drawn.curve).count.sum())) == ("gradient", "val/loss", 5000)
    assert [event.outcome for event in first.of(1).events] == ["warm"]
    with open_for_writing(path) as store:
        writer = begun(store)
        writer.write({"val/loss": measured([(17, -9.0), (5000, 0.5)])}, news(received=1, elapsed_s=6.0))
        second = present(source.read(ReadRequest(choices, 60, rows=8)))
        assert (second.of(1).curve.low.min(), second.runs[0].current_loss) == (-9.0, 0.5)
        writer.write({"val/loss": measured([(20, -10.0)])}, news(received=2, elapsed_s=6.5))
    third = present(source.read(ReadRequest(choices, 60, rows=8)))
    assert third.of(1).curve.low.min() == -10.0
    assert third.runs[0].iterations_done == second.runs[0].iterations_done
    source.close()


KNOBS = '{"lr": {"value": 0.1, "low": 0.04, "high": null}, "keep": {"value": 0.5, "low": 0, "high": 1}}'


async def test_brackets_turn_the_knob_that_was_chosen(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        writer = begun_here(store)
        writer.write({"loss": measured([(0, 1.0)])}, news(listens=True, knobs=KNOBS))
        async with opened(path) as board:
            await board.press("right_square_bracket")
            await board.until(lambda: "Run 1 has several knobs (lr, keep): choose one" in board.text())
            await board.press("colon", *"knob lr", "enter")
            await board.until(lambda: "Set lr of run 1" in board.text())
            await board.press("escape", "left_square_bracket")
            await board.until(lambda: "Run 1: lr 0.1 → 0.05 from its next step on. u undoes." in board.text())
            await board.press("left_square_bracket", "left_square_bracket")
            await board.until(lambda: "Run 1: lr stays 0.04, its lowest value." in board.text())
            await board.press("u")
            await board.until(lambda: "Run 1: lr 0.04 → 0.05" in board.text())
    assert [argument for (argument,) in query(path, "SELECT argument FROM commands")] == [
        "lr=0.05", "lr=0.04", "lr=0.05",
    ]  # fmt: skip


async def test_what_nobody_would_hear_is_refused_and_a_lost_run_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        writer = begun_here(store)
        writer.write({"loss": measured([(0, 1.0)])}, news())
        async with opened(path) as board:
            await board.press("p")
            await board.until(lambda: "Run 1 does not listen: its program never asks" in board.text())
            writer.write({}, news(listens=True, waits=True))
            await board.until(lambda: present(board.app.snapshot.run(1)).state == "paused")
            await board.press("p")
            await board.until(lambda: "Resuming run 1" in board.text())
            writer.end("failed", LOST, {}, news())
            await board.until(lambda: "lost: its program ended without a word" in board.text())
            assert board.app.snapshot.status(present(board.app.snapshot.run(1))) == "lost"
    with closing(open_for_reading(path)) as reader:
        found = [len(reader.listed(Listing(text)).runs) for text in ("status:lost", "status:failed", "state:failed")]
        assert found == [1, 0, 1]


def begun_here(store: Store) -> LoggedWriter:
    """The writer of a logged run of this process, which lives."""
    return store.logged_writer(store.logged.begin(store.register_worker(this_process()), facts()))


@pytest.mark.parametrize("done", [1, 100, 1000, 4321])
def test_nothing_that_came_after_a_moment_is_in_it(path: Path, done: int) -> None:
    snapshot = at(path, done)
    run, curve = snapshot.runs[0], snapshot.of(1).curve
    assert done - curve.width <= int(curve.iteration[-1]) < done == run.iterations_done
    seen = int(curve.count.sum())
    assert 0.95 * done <= seen <= done
    assert run.current_loss in LOSSES[max(seen - 64, 0) : done]
    assert curve.low[curve.count > 0].min() >= LOSSES[:done].min()
