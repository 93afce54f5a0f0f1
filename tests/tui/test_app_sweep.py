"""Sweeps from the keyboard: the dialog, and what is done to a sweep as one thing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from textual.events import Key

from engine.spec import UPDATES
from engine.store import StoreFull
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
    without_workers,
    work,
)
from tui.model.sweep.sweep_messages import SweepGone, SweepSubmitted
from tui.screens.board import Board
from tui.screens.sweep_dialog import SweepDialog
from tui.widgets.lines import Lines
from tui.widgets.picture_pane import PicturePane


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    without_workers(monkeypatch)


async def test_three_arrows_enter_and_ten_runs(path: Path) -> None:
    async with opened(path) as board:
        assert "s sweep" in board.text()
        for key in ("s", "down", "left", "left", "down", "right"):  # all at once, as over a slow line
            board.app.post_message(Key(key, None))
        await board.until(lambda: "10 runs, 10,000 iterations" in board.text())
        assert board.text().count("●") == 10
        await board.press("left_square_bracket", "left_square_bracket", "left_square_bracket", "enter")
        await board.until(lambda: shows(board, 1))
        assert "10 runs were queued" in board.text()
        assert len(stored_runs(path)) == 10
        await work(path)
        await board.until(lambda: outcome_of(board).over)
        await board.pilot.pause()
        rows = table_of(board)
        assert values_of(board) == ["1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10", "100", "1000"]
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
        await board.press("s", "down", *["right"] * 7)
        assert "the low end 1000 is above the high end 100" in board.text()
        await board.press("enter")
        assert isinstance(board.app.screen, SweepDialog)
        for low, said in (("0", "begins above 0"), ("abc", "'abc' is not a number")):
            await board.fill("low", low)
            assert said in board.text()
            await board.press("enter")
            assert isinstance(board.app.screen, SweepDialog)
            assert board.form.focused == "low"
        await board.fill("low", "1e-3")
        await board.fill("count", "100000")
        assert "runs, not 100,000" in board.text()
        await board.press("enter")
        assert not board.all_of(SweepSubmitted)
    assert len(stored_runs(path)) == 3


async def test_what_does_not_fit_the_data_is_said_beside_the_values(path: Path) -> None:
    async with opened(path) as board:
        await board.press("s", "right")
        await board.fill("values", "32, 99999")
        assert "99,999 is more than the 1,198 training examples" in board.text()
        await board.press("enter")
        assert isinstance(board.app.screen, SweepDialog)
        assert not board.all_of(SweepSubmitted)
    assert stored_runs(path) == []


async def test_a_sweep_that_cannot_be_queued_says_why_in_the_dialog(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("The disk is full: make room and try again.")

    monkeypatch.setattr("tui.app.actions.sweep_orders.start", full)
    async with opened(path) as board:
        await board.press("s", "enter")
        await board.until(lambda: "The disk is full" in board.text())
        assert isinstance(board.app.screen, SweepDialog)
        await board.fill("count", "201")  # so many are asked about
        await board.press("enter")
        await board.until(lambda: "201 runs. Start them?" in board.text())
        await board.press("n")
        await board.until(lambda: "Nothing was started." in board.text())
        await board.press("enter", "y")
        await board.until(lambda: "The disk is full" in board.text())


async def test_from_any_field_there_are_keys_for_values_and_iterations_and_help_is_no_text(path: Path) -> None:
    async with opened(path) as board:
        await board.press("s", "plus", "left_square_bracket", "down", "down")
        await board.press("minus", "minus", "question_mark", "escape")
        dialog = board.app.screen
        assert isinstance(dialog, SweepDialog)
        assert (dialog.draft.range.count, dialog.draft.base.iterations) == (6, 500)
        await board.press("1", "e", "minus", "1", "left_square_bracket")
        assert (dialog.draft.range.high, dialog.draft.base.iterations) == (Decimal("0.1"), 250)
        await board.press("ctrl+r")
        assert (dialog.draft.range.high, dialog.draft.base.iterations) == (Decimal(100), 1000)
        await board.press("ctrl+r")
        assert (dialog.draft.range.high, dialog.draft.base.iterations) == (Decimal("0.1"), 250)


async def test_the_dialog_begins_with_the_selected_run_and_keeps_its_draft(path: Path) -> None:
    async with opened(raced(path)) as board:
        await board.press("s")
        assert "run 3" in board.text()
        assert "pace 100/s" in board.text()
        for name, key in (
            ("pace", "right"),
            ("rungs", "right"),
            ("rungs", "right"),
            ("second", "right"),
            ("repeats", "right"),
        ):
            await board.focus(name)
            await board.press(key)
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
        await board.press("s")
        dialog = board.app.screen
        assert isinstance(dialog, SweepDialog)
        draft = dialog.draft
        assert (draft.base.pace, draft.rungs, len(draft.ranges), draft.repeats) == (None, 2, 2, 2)
        await board.focus("rungs")
        await board.press("tab", "shift+tab")
        assert "At 250, 500 iterations the best 1/2 go on" in " ".join(dialog.query_one("#help", Lines).text().split())
        await board.focus("start")
        await board.press("right")
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
        await board.until(lambda: "0.5" in values_of(board))
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
        await board.until(lambda: "u cannot undo stopping sweep 1: R repeats it" in board.text())
        await board.press("u")
        await board.until(lambda: "Nothing to undo" in board.text())


async def test_a_sweep_is_repeated_with_another_update(path: Path) -> None:
    async with looking_at(queued(path, PLAN)) as board:
        await board.press("R")
        await board.fill("seed", "nonsense")
        await board.press("enter")
        assert "'nonsense' is not a number" in board.text()
        await board.fill("seed", "0")
        await board.focus("update")
        await board.press("left", "enter")
        await board.until(lambda: shows(board, 2))
        assert f"repeats sweep 1 with update {UPDATES[-1]}" in board.text()
    plan = found(path, 2).plan
    assert (plan.spec.update, plan.axes, plan.parent_id) == (UPDATES[-1], PLAN.axes, 1)
