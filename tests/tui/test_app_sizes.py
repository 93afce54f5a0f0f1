"""Screens at sizes: laid out from 40x12 up, and without harm down to 20x5.

At 40x12 and 80x24 see test_separation; 120x35 is what most tests open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.spec import defaults
from tests.tui.dashboards import Opened, opened, raced, store_with
from tui.model.messages import SteeringRequested, StepSizeScaled
from tui.screens.board import Board

SCREENS = {
    "board": ([], "Board", "gradient b256"),
    "readout": (["c"], "Board", "gradient b256"),
    "grid": (["v"], "Board", "gradient b256"),
    "help": (["question_mark"], "Help", "a run of your own"),
    "form": (["n"], "RunForm", "What is minimised"),
    "filter": (["slash"], "Prompt", "filter"),
    "fork": (["f"], "RunForm", "from iteration"),
    "sweep": (["s"], "SweepDialog", "parameter"),
    "delete": (["d"], "Confirm", "Delete run 3"),
    "commands": (["colon"], "Pick", "sweep"),
    "copy": (["Y"], "Pick", "copy command"),
    "save": (["E"], "Prompt", "file"),
}


@pytest.mark.parametrize(("width", "height"), [(39, 11), (200, 50)])
async def test_every_screen_is_laid_out(tmp_path: Path, width: int, height: int) -> None:
    async with opened(raced(tmp_path / "runs.db"), (width, height)) as board:
        for name, (keys, kind, said) in SCREENS.items():
            await board.press(*keys)
            assert type(board.app.screen).__name__ == kind, name
            rows = board.text().splitlines()
            assert len(rows) == height, name
            if width >= 40 and height >= 12:
                assert said in board.text(), (name, board.text())
                assert is_told_how_to_go_on(board), (name, board.text())
            await board.press("escape")
            if name in ("grid",):
                await board.press("v")
            assert isinstance(board.app.screen, Board), name


def is_told_how_to_go_on(board: Opened) -> bool:
    """Whether the last row names keys."""
    last = board.text().splitlines()[-1]
    return "esc" in last or (("? help" in last or "/ : ?" in last) and "q quit" in last)


async def test_the_smallest_says_so_and_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db"), (20, 5)) as board:
        assert "terminal too small" in board.text()
        assert "0 runs" not in board.text()
        await board.pilot.resize_terminal(40, 12)
        await board.until(lambda: "gradient b256" in board.text())
        await board.pilot.resize_terminal(5, 2)
        await board.press("n", "x", "escape", "colon", "x", "escape", "question_mark", "escape")
        await board.pilot.resize_terminal(120, 35)
        await board.until(lambda: "0 running   3 done" in board.text())


async def test_no_key_steers_a_run_that_a_small_terminal_hides(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("goes on", defaults()), finish=False)
    async with opened(path, (30, 8)) as board:
        await board.press("p", "right_square_bracket")
        assert "1 run goes on" in board.text()
        assert not board.all_of(SteeringRequested)
        assert not board.all_of(StepSizeScaled)
        await board.press("question_mark")
        assert "terminal too small" not in board.text()
        await board.press("escape", "D")  # it asks, or says why not
        await board.pilot.resize_terminal(100, 30)
        await board.until(lambda: "p pause" in board.text() and "Run 1 belongs to no sweep." in board.text())
        await board.press("p")
        await board.until(lambda: board.all_of(SteeringRequested))


@pytest.mark.parametrize("size", [(40, 16), (120, 35)])
async def test_a_sentence_that_is_longer_than_a_line_is_told_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    def said(board: Opened) -> str:
        return " ".join(board.text().split())

    async with opened(raced(tmp_path / "runs.db"), size) as board:
        await board.press("d")
        assert "Delete run 3 and its 200 iterations? u brings it back, until the dashboard closes." in said(board)
        await board.press("escape", "slash")
        assert "tag:keep -step_size>=1; empty: all of them." in said(board)
        await board.type("status:nosuch\r")
        await board.until(lambda: "failed, stopped, diverged, lost, silent, waiting)" in said(board))
        await board.press("escape", "u")
        nothing = "Nothing to undo: u takes back a delete, pause, step size or edit of this sitting."
        await board.until(lambda: nothing in said(board))
        await board.press("j")
        assert "Nothing to undo" not in board.text()
        assert len(board.text().splitlines()) == size[1]


@pytest.mark.parametrize("small", [(60, 8), (30, 5)])
async def test_a_list_of_commands_fits_a_terminal_that_has_shrunk(tmp_path: Path, small: tuple[int, int]) -> None:
    async with opened(raced(tmp_path / "runs.db"), (80, 24)) as board:
        await board.press("colon")
        await board.pilot.resize_terminal(*small)
        await board.until(lambda: len(board.text().splitlines()) == small[1])
        await board.pilot.pause()
        assert "› new" in board.text()
        assert "esc back" in board.text()
        assert not board.app.screen.show_vertical_scrollbar
