"""The filter of the list: it narrows while it is typed, and esc clears it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from engine.spec import defaults
from engine.store import Run, open_for_writing
from tests.tui.dashboards import Opened, opened, raced, store_with
from tui.model.messages import ChoicesChanged
from tui.screens.prompt import Prompt
from tui.widgets.lines import Lines


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "runs.db"
    store_with(path, ("first of all", defaults()))
    with open_for_writing(path) as store:
        store.queue.add([defaults().changed(seed=seed) for seed in range(1999)])
    return path


def pointed(board: Opened) -> int | None:
    return board.app.choices.pointed


def listed(board: Opened) -> list[object]:
    return [row.run_id if isinstance(row, Run) else f"sweep {row.sweep_id}" for row in board.app.snapshot.rows]


async def test_a_filter_and_an_order(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.type("/sgd\r")
        assert board.app.choices.listing.text == "sgd"
        await board.until(lambda: "filter: sgd · 1 of 3 runs" in board.text())
        assert [run.run_id for run in board.app.snapshot.runs] == [3]
        assert board.app.choices.marked == (1, 2, 3)
        await board.type("otrain loss\r")
        assert board.all_of(ChoicesChanged)[-1].choices.listing.order == "train"
        await board.press("escape")
        await board.until(lambda: len(board.app.snapshot.runs) == 3)
        await board.type("obatch loss\r")
        await board.until(lambda: [run.run_id for run in board.app.snapshot.runs] == [2, 3, 1])
        assert "▴batch ~" in board.text()
        await board.press("O")
        await board.until(lambda: [run.run_id for run in board.app.snapshot.runs] == [1, 3, 2])
        assert "▾batch ~" in board.text()


async def test_a_filter_narrows_while_it_is_typed_and_esc_brings_the_one_before_back(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("j")
        await board.type("/loss")
        assert board.app.choices.listing.text == ""  # it may become loss<0.3
        await board.type("\x15sg")
        await board.until(lambda: board.app.choices.listing.text == "sg")
        await board.type("d")
        header = board.app.live_board.query_one("#header", Lines)
        await board.until(lambda: listed(board) == [3] and "1 of 3 shown" in header.text())
        assert pointed(board) == 3
        await board.type(" x1=1")
        await board.until(lambda: "! unknown field x1; known: loss, best, accuracy" in board.text())
        assert board.app.choices.listing.text == "sgd x1"
        await board.press("enter")
        assert isinstance(board.app.screen, Prompt)
        await board.press("escape")
        await board.until(lambda: listed(board) == [3, 2, 1] and pointed(board) == 2)
        assert "shown" not in board.text().splitlines()[0]


async def test_typing_a_filter_does_not_wait_for_the_list(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(many) as board:
        feed = board.app._feed
        asked: list[str] = []
        monkeypatch.setattr(feed, "ask", lambda wanted: asked.append(wanted.choices.listing.text))
        await board.type("/seed<20")
        assert board.app.screen.query_one(Input).value == "seed<20"
        assert asked[-1] == "seed<20"
        monkeypatch.undo()
        board.app.ask()
        await board.until(lambda: board.app.snapshot.fitting == 21)


async def test_a_filter_that_nothing_fits_says_so_and_esc_clears_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.type("/zzq\r")
        await board.until(lambda: "No run fits: esc clears the filter." in board.text())
        await board.press("enter")
        assert not board.app.choices.alone, "there is no run to open"
        assert "0 of 3 shown" in board.text().splitlines()[0]
        assert "Four ways down" not in board.text()
        await board.until(lambda: "esc clear filter" in board.text().splitlines()[-1])
        await board.until(lambda: board.text().splitlines()[-4:-2] == [" " * 120] * 2)
        assert pointed(board) is None
        await board.press("d", "p", "e")
        assert board.app.screen is board.app.board
        await board.press("escape", "escape")
        await board.until(lambda: len(board.app.snapshot.runs) == 3 and board.app.choices.listing.text == "")


async def test_a_message_leaves_the_filter_in_sight(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.type("/local\r")
        await board.press("u")
        await board.until(lambda: "filter: local" in board.text() and "filter: local ·" not in board.text())
        assert "1 of 3 shown" in board.text().splitlines()[0]
        await board.press("escape")
        await board.until(lambda: "filter: local · 1 of 3 runs" in board.text())
