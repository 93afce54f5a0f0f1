"""Sweeps from the keyboard: the dialog, and what is done to a sweep as one thing."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input

from tests.presence import present
from tests.tui.dashboards import opened, raced, stored_runs
from tests.tui.sweeps import (
    PLAN,
    found,
    looking_at,
    outcome_of,
    queued,
    shows,
    table_of,
    values_of,
    view_of,
    work,
)
from tui.model.sweep.sweep_messages import SweepAnswered, SweepGone, SweepSubmitted
from tui.screens.board import Board
from tui.screens.prompt import Prompt
from tui.screens.sweep_dialog import SweepDialog
from tui.widgets.picture_pane import PicturePane


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("people.submit", "people.steer", "processes.launch", "people.sweeps", "worker.worker_loop"):
        monkeypatch.setattr(f"engine.jobs.{module}.start_workers", lambda path, count=None: 0)
    monkeypatch.setattr("engine.jobs.processes.launch.warm_workers", lambda path: 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


async def test_three_arrows_enter_and_ten_runs(path: Path) -> None:
    async with opened(path) as board:
        assert "sweep step sizes" in board.text()
        for key in ("s", "left", "left", "up"):  # all at once, as over a slow line
            board.app.post_message(Key(key, None))
        await board.until(lambda: "1e+03" in board.text())
        assert "10 runs, 10,000 iterations" in board.text()
        assert board.text().count("●") == 10
        await board.press("left_square_bracket", "left_square_bracket", "left_square_bracket", "enter")
        await board.until(lambda: shows(board, 1))
        assert "10 runs are in the queue" in board.text()
        assert len(stored_runs(path)) == 10
        await work(path)
        await board.until(lambda: outcome_of(board).over)
        await board.pilot.pause()
        rows = table_of(board)
        assert values_of(board) == [f"1e{power:+03d}" for power in range(-6, 4)]
        assert sum("★ best" in row for row in rows) == 1
        assert "★" in view_of(board).query_one("#response", PicturePane).text()
        assert "for step size" in board.text()
        await board.press("escape", "escape")
        assert isinstance(board.app.screen, Board)
    best = found(path, 1).best
    assert best is not None
    assert 1e-3 < present(best.values[0]) < 100


async def test_impossible_ranges_are_answered_before_anything_is_queued(path: Path) -> None:
    async with opened(raced(path)) as board:
        await board.press("V")
        assert "belongs to no sweep: s starts one" in board.text()
        await board.press("s", *["right"] * 7)
        assert "the low end 1000 is above the high end 100" in board.text()
        await board.press("enter")
        assert isinstance(board.app.screen, SweepDialog)
        for texts, said in (
            ({"low": "0", "high": "1"}, "begins above 0"),
            ({"low": "1e-3", "count": "100000"}, "runs, not 100,000"),
        ):
            await board.press("e")
            for name, text in texts.items():
                board.app.screen.query_one(f"#{name}", Input).value = text
            await board.press("enter")
            assert isinstance(board.app.screen, SweepDialog)
            assert said in board.text()
            await board.press("enter")
        await board.press("e")
        board.app.screen.query_one("#low", Input).value = "abc"
        await board.press("enter")
        assert isinstance(board.app.screen, Prompt)
        assert "'abc' is not a number" in board.text()
        assert not board.all_of(SweepSubmitted)
    assert len(stored_runs(path)) == 3


async def test_what_does_not_fit_the_data_is_said_in_the_dialog(path: Path) -> None:
    async with opened(path) as board:
        await board.press("s", "p", "e")
        board.app.screen.query_one("#values", Input).value = "32, 99999"
        await board.press("enter", "enter")
        await board.until(lambda: board.all_of(SweepAnswered))
        await board.until(lambda: "99,999 is more than" in board.text())
        assert isinstance(board.app.screen, SweepDialog)
    assert stored_runs(path) == []


async def test_the_dialog_begins_with_the_selected_run_and_keeps_its_draft(path: Path) -> None:
    async with opened(raced(path)) as board:
        await board.press("s")
        assert "run 3" in board.text()
        assert "pace 100/s" in board.text()
        await board.press("w", "m", "m", "g", "r", "escape")
        assert isinstance(board.app.screen, Board)
        await board.press("s")
        dialog = board.app.screen
        assert isinstance(dialog, SweepDialog)
        draft = dialog.draft
        assert (draft.base.pace, draft.rungs, len(draft.ranges), draft.repeats) == (None, 2, 2, 2)
        assert "at 250, 500 iterations the best 1/2 go on" in board.text()
        await board.press("b")
        assert "the defaults" in board.text()
        await board.press("escape", "k", "j", "j", "s")
        assert board.app.screen.draft.base.strategy == "random-search"
        assert board.app.screen.draft.complaint() == ""


async def test_a_sweep_is_steered_as_one_thing(path: Path) -> None:
    queued(path, PLAN)
    async with opened(path) as board:
        await board.press("V")
        await board.until(lambda: shows(board, 1))
        await board.press("P")
        await board.until(lambda: outcome_of(board).states == {"paused": 5})
        await board.press("P")
        await board.until(lambda: outcome_of(board).states == {"queued": 5})
        await board.press("p")
        await board.until(lambda: outcome_of(board).states == {"queued": 4, "paused": 1})
        await board.press("u")
        await board.until(lambda: outcome_of(board).states == {"queued": 5})
        await board.press("A")
        await board.press(*"0.5", "enter")
        await board.until(lambda: outcome_of(board).total == 6)
        await board.until(lambda: "5e-01" in values_of(board))
        await board.until(lambda: shows(board, 1))
        await board.press("A", *"abc", "enter")
        await board.until(lambda: "'abc' is not a number" in board.text())
        await board.press("escape", "T", "n")
        assert outcome_of(board).states == {"queued": 6}
        await board.press("T", "y")
        await board.until(lambda: outcome_of(board).states == {"cancelled": 6})
        await board.press("T")
        assert "over already" in board.text()
        await board.press("D", "y")
        await board.until(lambda: board.all_of(SweepGone))
        await board.until(lambda: isinstance(board.app.screen, Board))
        await board.until(lambda: "Sweep 1 is deleted" in board.text())
        assert stored_runs(path) == []
        await board.press("u")
        await board.until(lambda: "Sweep 1 is back with 6 runs" in board.text())
        assert len(stored_runs(path)) == 6
        await board.press("u")
        await board.until(lambda: "Nothing to undo" in board.text())


async def test_a_sweep_is_repeated_with_another_update(path: Path) -> None:
    async with looking_at(queued(path, PLAN)) as board:
        await board.press("R")
        board.app.screen.query_one("#update", Input).value = "nonsense"
        await board.press("enter")
        await board.until(lambda: "'nonsense' is not known" in board.text())
        board.app.screen.query_one("#update", Input).value = "adam"
        await board.press("enter")
        await board.until(lambda: shows(board, 2))
        assert "repeats sweep 1 with update adam" in board.text()
    plan = found(path, 2).plan
    assert (plan.base.update, plan.axes, plan.parent_id) == ("adam", PLAN.axes, 1)
