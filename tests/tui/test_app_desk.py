"""Commands by name, copies, files and the mouse."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import pytest

from tests.tui.dashboards import Opened, opened, raced
from tui import keymap
from tui.commands import MENUS, commands, matching
from tui.messages import CommandPicked
from tui.screens.board import Board
from tui.screens.pick import Pick
from tui.screens.prompt import Prompt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


def sent_beside_frames(board: Opened) -> list[str]:
    """What the app writes to the terminal besides the frames, from now on."""
    written: list[str] = []
    board.app.write = written.append
    return written


def test_every_key_of_the_board_has_a_command_and_every_command_a_name_of_its_own():
    known = commands(())
    assert {key.action for key in keymap.keys_of("board")} - MENUS <= {one.action for one in known}
    assert all(one.name and one.help for one in known)
    assert len({(one.name, one.help) for one in known}) == len(known)


@pytest.mark.parametrize(("typed", "first"), [
    ("log x", "log_x"), ("quit", "app.leave"), ("colour", "app.wear('colour-blind')"), ("accuracy", "show('accuracy')"),
    ("csv", "app.save('csv')"), ("12", "point(12)"), ("Y", "app.copy"), ("grd", "layout"), ("undo", "undo"),
])  # fmt: skip
def test_a_few_letters_find_it(typed, first):
    assert matching(commands(()), typed)[0].action == first


def test_what_fits_nothing_finds_nothing():
    assert matching(commands(()), "qqqq") == []
    assert matching(commands(()), "9" * 30) == []


async def test_the_palette_runs_what_is_picked(path):
    async with opened(path) as board:
        await board.press("colon", *"log y")
        assert isinstance(board.app.screen, Pick)
        assert "loss axis: logarithmic or linear" in board.text()
        await board.press("enter")
        assert board.all_of(CommandPicked)[-1].action == "log_y"
        assert isinstance(board.app.screen, Board)
        assert not board.app.choices.log_y

        await board.press("ctrl+p", *"metric gr", "enter")
        assert board.app.choices.look.measure == "gradient norm"

        await board.press("colon", "1", "enter")
        assert board.app.choices.pointed == 1

        await board.press("colon", "down", "down", "up", "tab", "shift+tab", "enter")
        assert board.all_of(CommandPicked)[-1].action == keymap.keys_of("board")[1].action
        await board.press("escape", "colon", *"qqqq", "enter")
        assert "nothing is called like that" in board.text()
        await board.press("escape")
        assert isinstance(board.app.screen, Board)


async def test_copies_go_to_the_terminals_clipboard(path, monkeypatch):
    monkeypatch.delenv("TMUX", raising=False)
    async with opened(path) as board:
        written = sent_beside_frames(board)
        for keys, expected in (
            (["enter"], "3 gradient b256\t"),
            (["down", "enter"], "lossboard run --strategy gradient-descent --objective svm --pace 100.0"),
            ([*"chart", "enter"], "loss (log)"),
        ):
            await board.press("Y", *keys)
            await board.until(lambda: written)
            copied = b64decode(re.fullmatch("\x1b]52;c;(.*)\x07", written.pop())[1]).decode()
            assert expected in copied
            await board.until(lambda: "Sent to the terminal's clipboard" in board.text())


async def test_what_is_shown_is_saved_where_it_is_said(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with opened(path) as board:
        await board.press("E")
        assert isinstance(board.app.screen, Prompt)
        await board.press("enter")
        await board.until(lambda: "Saved" in board.text())
        [picture] = tmp_path.glob("runs-*.svg")
        assert picture.read_text().startswith("<svg")

        await board.press("colon", *"save csv", "enter")
        board.app.screen.query_one("#file").value = picture.name
        await board.press("enter")
        await board.until(lambda: "is there already" in board.text())
        board.app.screen.query_one("#file").value = "values.csv"
        await board.press("enter")
        await board.until(lambda: (tmp_path / "values.csv").exists())
        await board.until(lambda: isinstance(board.app.screen, Board))
        assert (tmp_path / "values.csv").read_text().startswith("run_id,label,kind,iteration")

        await board.press("E")
        board.app.screen.query_one("#file").value = "picture.pdf"
        await board.press("enter")
        await board.until(lambda: "End the name in" in board.text())


async def test_the_mouse_is_released_and_taken_back(path):
    async with opened(path) as board:
        written = sent_beside_frames(board)
        await board.press("M")
        assert "The mouse is the terminal's" in board.text()
        await board.press("escape", "escape", "O")
        assert "The mouse is the terminal's" in board.text()
        await board.press("M")
        assert "The mouse works here again" in board.text()
        off = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
        assert written == [off, off.replace("l", "h")]
