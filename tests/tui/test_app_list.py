"""The list of runs: ten thousand of them, filters, orders, marks."""

from __future__ import annotations

import pytest

from engine.spec import defaults
from engine.store import open_for_writing
from engine.store.listing import ORDERS
from tests.tui.dashboards import Opened, opened, raced, store_with
from tui.messages import ChoicesChanged, FilterSubmitted


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "runs.db"
    store_with(path, ("first of all", defaults()))
    with open_for_writing(path) as store:
        store.queue.add([defaults().changed(seed=seed) for seed in range(1999)])
    return path


def pointed(board: Opened) -> int | None:
    return board.app.choices.pointed


async def test_a_list_that_is_longer_than_what_is_read(many):
    async with opened(many) as board:
        assert len(board.app.snapshot.runs) < 500
        assert board.app.snapshot.total == 2000
        await board.press("G")
        await board.until(lambda: pointed(board) == 1 and "first of all" in board.text())
        assert board.app.choices.marked == ()
        await board.press("g")
        await board.until(lambda: pointed(board) == 2000 and " 1999 " in board.text())
        for expected in range(1970, 1700, -30):
            await board.press(*["j"] * 30)
            await board.until(lambda expected=expected: pointed(board) == expected)
            assert f" {expected}  " in board.text()
        await board.press("pagedown", "pagedown")
        await board.until(lambda: pointed(board) < 1700)


async def test_a_filter_and_an_order(tmp_path):
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("slash", *"sgd", "enter")
        assert board.all_of(FilterSubmitted)[0].texts == {"filter": "sgd"}
        await board.until(lambda: "1 runs fit: sgd" in board.text())
        await board.until(lambda: [run.run_id for run in board.app.snapshot.runs] == [3])
        assert board.app.choices.marked == (1, 2, 3)
        await board.press("slash", "end", *["backspace"] * 3, *"colour:red".replace(":", ""), "enter")
        await board.until(lambda: "0 runs fit" in board.text())
        assert "Three ways down" not in board.text()
        await board.press("slash", "end", *["backspace"] * 9, *"x1", "equals_sign", "1", "enter")
        await board.until(lambda: "'x1' is no field" in board.text())
        await board.press("end", *["backspace"] * 5, "enter")
        await board.until(lambda: len(board.app.snapshot.runs) == 3)
        for _ in range(ORDERS.index("loss")):
            await board.press("o")
        assert board.all_of(ChoicesChanged)[-1].choices.listing.order == "loss"
        await board.until(lambda: [run.run_id for run in board.app.snapshot.runs] == [3, 2, 1])
        assert "▾loss" in board.text()
        await board.press("O")
        await board.until(lambda: [run.run_id for run in board.app.snapshot.runs] == [1, 2, 3])
        assert "▴loss" in board.text()


async def test_marking_all_of_the_list(tmp_path):
    path = tmp_path / "runs.db"
    store_with(path, *((f"run {n}", defaults()) for n in range(11)))
    async with opened(path) as board:
        await board.press("a")
        await board.until(lambda: "8 of 11 runs are marked" in board.text())
        assert set(board.app.choices.marked) == set(range(4, 12))
