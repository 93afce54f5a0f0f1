"""Commands by name, copies, files and the mouse."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import defaults
from engine.store import Listing, open_for_writing
from tests.presence import present
from tests.stores import sweep_row
from tests.tui.dashboards import Opened, opened, raced
from tests.tui.test_choices import run_of
from tui.model import keymap
from tui.model.messages import ChoicesChanged, CommandPicked
from tui.model.snapshot import Snapshot
from tui.presenting.commands import MENUS, commands, matching, orders, runs_beyond, used
from tui.screens.board import Board
from tui.screens.pick import Pick
from tui.screens.prompt import Prompt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


def sent_beside_frames(board: Opened, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the app writes to the terminal besides the frames, from now on."""
    written: list[str] = []
    monkeypatch.setattr(board.app, "write", written.append)
    return written


def test_every_key_of_the_board_has_a_command_and_every_command_a_name_of_its_own() -> None:
    known = commands(())
    assert {key.action for key in keymap.keys_of("board")} - MENUS <= {one.action for one in known}
    assert all(one.name and one.help for one in known)
    assert len({(one.name, one.help) for one in known}) == len(known)


@pytest.mark.parametrize(("typed", "first"), [
    ("log x", "log_x"), ("quit", "app.leave"), ("colour", "app.apply_theme('colour-blind')"),
    ("accuracy", "show('validation accuracy')"),
    ("csv", "app.save('csv')"), ("12", "point(12)"), ("Y", "app.copy"), ("undo", "undo"),
    ("run 12", "point(12)"), ("Run  7", "point(7)"), ("0", "whole"), ("show run 12", "point(12)"),
    ("go to run 7", "point(7)"), ("exit", "app.leave"), ("dark", "app.apply_theme('dark')"),
    ("light", "app.apply_theme('light')"), ("zoom", "zoom(2.0)"), ("smoothing 20", "smoothing(20)"),
    ("lr", "scale_step(0.5)"), ("learning rate", "scale_step(0.5)"), ("val", "show('validation loss')"),
    ("acc", "show('validation accuracy')"), ("sort", "sort"), ("o", "sort"), ("filter", "filter"),
])  # fmt: skip
def test_a_few_letters_find_it(typed: str, first: str) -> None:
    assert matching(commands(()), typed, beyond=range(1, 20))[0].action == first


def test_words_match_where_they_begin_and_not_letter_by_letter() -> None:
    found = [one.name for one in matching(commands(()), "sort")]
    assert found[:2] == ["sort", "sort by run number"]
    assert "reverse" in found
    assert not {"mouse", "stop", "grid", "fork", "readout", "mark all"} & set(found)
    assert {one.action for one in matching(commands(()), "lr")} == {
        "scale_step(0.5)", "scale_step(2.0)", "show('step size')", "app.probe"
    }  # fmt: skip


@given(st.text(max_size=12))
def test_what_is_found_has_every_typed_word(typed: str) -> None:
    known = commands(())
    for one in matching(known, typed):
        text = " ".join((one.name, *one.aliases, one.help)).casefold()
        is_run = one.action.startswith("point(")
        assert is_run or one.key == typed.strip() or all(word in text for word in re.findall(r"\w+", typed.casefold()))


def test_used_commands_stand_on_top_newest_first() -> None:
    recent = used(used(used((), "log_y"), "layout"), "log_y")
    assert [one.action for one in matching(commands(()), "", recent)][:2] == ["log_y", "layout"]
    assert len(matching(commands(()), "", recent)) == len(commands(()))


@pytest.mark.parametrize("place", ["replay", "sweepview"])
def test_other_views_have_their_own_commands(place: keymap.Place) -> None:
    known = commands((), place)
    assert len({(one.name, one.help) for one in known}) == len(known)
    assert {"theme dark", "metric loss", "smoothing 20"} <= {one.name for one in known}
    own = {"replay": "faster", "sweepview": "refine"}[place]
    assert matching(known, own)[0].name == own


def test_a_number_is_that_run_whatever_else_fits() -> None:
    loaded = [replace(run_of(run_id), name="") for run_id in (10003, 33, 30, 12)]
    newest = replace(Snapshot(), runs=tuple(loaded), counts={"finished": 5000})
    for typed, action in (("3", "point(3)"), ("run 3", "point(3)"), ("run 33", "point(33)"), ("12", "point(12)")):
        found = matching(commands(loaded), typed, beyond=runs_beyond(newest, "board"))
        assert found[0].action == action
        assert len({one.action for one in found}) == len(found)


def test_only_a_run_that_exists_is_offered() -> None:
    loaded = tuple(replace(run_of(run_id), name="") for run_id in (30, 12))
    all_of_them, page = (Snapshot(runs=loaded, counts={"finished": count}) for count in (2, 25))
    assert matching(commands(loaded), "13", beyond=runs_beyond(all_of_them, "board")) == []
    assert matching(commands(loaded), "13", beyond=runs_beyond(page, "board"))[0].action == "point(13)"
    assert matching(commands(loaded), "31", beyond=runs_beyond(page, "board")) == []
    assert matching(commands((), "sweepview"), "30", beyond=runs_beyond(page, "sweepview")) == []
    assert matching(orders(Listing(), ()), "3") == []


def test_what_fits_nothing_finds_nothing() -> None:
    assert matching(commands(()), "qqqq") == []
    assert matching(commands(()), "9" * 30) == []


async def test_the_palette_runs_what_is_picked(path: Path) -> None:
    async with opened(path) as board:
        await board.press("colon", *"log y")
        assert isinstance(board.app.screen, Pick)
        assert "loss axis: logarithmic or linear" in board.text()
        await board.press("enter")
        assert board.all_of(CommandPicked)[-1].action == "log_y"
        assert isinstance(board.app.screen, Board)
        assert not board.app.choices.chart_options.log_y

        await board.press("ctrl+p", *"metric gr", "enter")
        assert board.app.choices.chart_options.metric == "gradient norm"

        await board.press("colon", "1", "enter")
        assert board.app.choices.pointed == 1

        await board.press("colon", *"smoothing 50", "enter")
        assert board.app.choices.chart_options.smoothing == 50

        await board.press("colon")
        assert "› smoothing 50" in board.text()
        assert " of " in board.text().splitlines()[-2]
        await board.press("down", "down", "up", "tab", "shift+tab", "enter")
        assert board.all_of(CommandPicked)[-1].action == "point(1)"
        await board.press("escape", "colon", *"qqqq", "enter")
        assert "no command has these words" in board.text()
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
    async with opened(path) as board:  # another sitting: what is usual is still on top
        await board.press("colon")
        await board.until(lambda: "› run 1 " in board.text())
        assert "smoothing 50" in board.text().split("› run 1 ")[1].splitlines()[1]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Runs 1 to 1000, of which runs 2 and 3 are of sweep 1."""
    path = tmp_path / "many.db"
    open_for_writing(path).close()
    sweep = sweep_row(path)
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
        store.queue.add([defaults().changed(seed=2), defaults().changed(seed=3)], sweep_id=sweep)
        store.queue.add([defaults().changed(seed=seed) for seed in range(4, 1001)])
    return path


async def test_a_run_is_gone_to_by_its_number_wherever_it_is_in_the_list(many: Path) -> None:
    async with opened(many) as board:
        await board.press("colon", *"run 3", "enter")
        await board.until(lambda: board.app.choices.pointed == 3 and board.app.snapshot.first > 0)
        await board.type(":500\rd")
        await board.until(lambda: "Delete run 500?" in board.text())
        await board.press("escape")
        for typed in ("999999", "run 1001"):  # what does not exist is not offered
            await board.press("colon", *typed, "enter")
            await board.until(lambda: "no command has these words" in board.text())
            await board.press("escape")
            assert board.app.choices.pointed == 500


async def test_a_run_that_the_list_hides_is_gone_to_all_the_same(many: Path) -> None:
    async with opened(many) as board:
        await board.press("slash", *"seed=7", "enter")
        await board.until(lambda: board.app.snapshot.total == 1)
        await board.press("colon", *"900", "enter")
        await board.until(lambda: board.app.choices.pointed == 900 and "Cleared the filter" in board.text())
        board.app.post_message(ChoicesChanged(board.app.choices.listing_so(Listing(grouped=True, folded=(1,)))))
        await board.until(lambda: board.app.snapshot.total == 999)
        await board.press("colon", *"2", "enter")
        await board.until(lambda: board.app.choices.pointed == 2 and board.app.snapshot.total == 1001)
        await board.press("d", "enter")
        await board.until(lambda: board.app.snapshot.total == 1000)
        await board.press("colon", *"2", "enter")
        await board.until(lambda: "Run 2 is deleted" in board.text())
        assert board.app.choices.pointed != 2


async def test_copies_go_to_the_terminals_clipboard(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    async with opened(path) as board:
        written = sent_beside_frames(board, monkeypatch)
        for keys, expected in (
            (["enter"], "3 gradient b256\t"),
            (["down", "enter"], "lossboard run --strategy gradient-descent --objective svm --pace 100"),
            ([*"chart", "enter"], "loss (log)"),
        ):
            await board.press("Y", *keys)
            await board.until(lambda: written)
            copied = b64decode(present(re.fullmatch("\x1b]52;c;(.*)\x07", written.pop()))[1]).decode()
            assert expected in copied
            await board.until(lambda: "Sent to the terminal's clipboard" in board.text())


async def test_what_is_shown_is_saved_where_it_is_said(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(path) as board:
        await board.press("E")
        assert isinstance(board.app.screen, Prompt)
        await board.press("enter")
        await board.until(lambda: "Saved" in board.text())
        [picture] = tmp_path.glob("runs-*.svg")
        assert picture.read_text().startswith("<svg")

        await board.press("colon", *"save csv", "enter")
        await board.fill("file", picture.name)
        await board.press("enter")
        await board.until(lambda: "is there already" in board.text())
        await board.fill("file", "values.csv")
        await board.press("enter")
        await board.until(lambda: (tmp_path / "values.csv").exists())
        await board.until(lambda: isinstance(board.app.screen, Board))
        assert (tmp_path / "values.csv").read_text().startswith("run_id,run,metric,iteration")

        await board.press("E")
        await board.fill("file", "picture.pdf")
        await board.press("enter")
        await board.until(lambda: "End the name in" in board.text())


async def test_the_mouse_is_released_and_taken_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(path) as board:
        written = sent_beside_frames(board, monkeypatch)
        await board.press("M")
        assert "The mouse is the terminal's" in board.text()
        await board.press("escape", "escape", "O")
        assert "The mouse is the terminal's" in board.text()
        await board.press("M")
        assert "The mouse works here again" in board.text()
        off = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
        assert written == [off, off.replace("l", "h")]
