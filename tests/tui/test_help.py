"""The help: it opens everywhere, shows the keys of its view in groups, and explains what stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.dashboards import Opened, opened, raced
from tests.tui.sweeps import PLAN, looking_at, queued, view_of
from tui.screens.help import Help
from tui.screens.replay import Replay
from tui.screens.run_form import RunForm


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


def screen(board: Opened) -> object:
    return board.app.screen


async def test_a_question_mark_is_help_beside_a_number_and_is_typed_into_a_text(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n", "question_mark")
        assert isinstance(screen(board), Help)
        assert "help · new run" in board.text()
        first = board.text().splitlines()[1]
        assert first.startswith(" This field: objective")
        assert board.text().count("the choice before") == 1
        await board.press("escape")
        assert isinstance(screen(board), RunForm)
        await board.focus("batch_size")
        await board.press("question_mark")
        assert isinstance(screen(board), Help)
        await board.press("question_mark")
        await board.focus("name")
        await board.press("question_mark")
        assert isinstance(screen(board), RunForm)
        await board.press("f1")
        assert isinstance(screen(board), Help)


@pytest.mark.parametrize(("keys", "named"), [
    ([], "board"), (["s"], "new sweep"), (["d"], "question"), (["colon"], "commands"), (["e"], "question"),
    (["slash"], "question"),
])  # fmt: skip
async def test_f1_helps_everywhere_and_goes_back_to_where_it_was(path: Path, keys: list[str], named: str) -> None:
    async with opened(path) as board:
        await board.press(*keys)
        below = screen(board)
        await board.press("f1")
        assert isinstance(screen(board), Help)
        assert f"help · {named}" in board.text()
        await board.press("f1")
        assert screen(board) is below


@pytest.mark.parametrize("keys", [[], ["s"], ["d"]])
async def test_a_question_mark_is_enough_where_nothing_is_typed(path: Path, keys: list[str]) -> None:
    async with opened(path) as board:
        await board.press(*keys, "question_mark")
        assert isinstance(screen(board), Help)


async def test_a_search_narrows_while_it_is_typed_and_esc_shows_all_again(path: Path) -> None:
    async with opened(path, (80, 24)) as board:
        await board.press("question_mark")
        assert "1-22 of " in board.text()
        await board.press("slash", *"smooth")
        assert "smooth less" in board.text()
        assert "a run of your own" not in board.text()
        assert "[Keys 2]" in board.text()
        await board.press("enter", "tab")
        assert "[What you see" in board.text()
        assert "averaged with a half-life" in board.text()
        await board.press("escape")
        assert isinstance(screen(board), Help)
        assert "differs:" not in board.text()
        await board.press("G")
        assert "differs:" in board.text()
        await board.press("g", "escape")
        assert not isinstance(screen(board), Help)


async def test_the_page_scrolls_to_its_ends_and_says_where_it_is(path: Path) -> None:
    async with opened(path, (80, 24)) as board:
        await board.press("question_mark", "j", "j", "k")
        assert " 2-" in board.text().splitlines()[0]
        await board.press("end")
        last = board.text().splitlines()[0].split()[-1]
        assert f"-{last} of {last}" in board.text()
        await board.press("pageup", "home", "pagedown", "g")
        assert " 1-22 of " in board.text().splitlines()[0]
        await board.pilot.click("#head", offset=(30, 0))
        assert "[What you see]" in board.text()


async def test_the_ascii_page_names_the_signs_of_formulas(path: Path) -> None:
    async with opened(path, (80, 60), ascii_only=True) as board:
        await board.press("question_mark", "tab", "G")
        assert "delta " in board.text()
        assert "lambda " in board.text()


async def test_a_replay_and_a_sweep_have_pages_and_commands_of_their_own(path: Path, tmp_path: Path) -> None:
    async with opened(path) as board:
        await board.press("r")
        await board.until(lambda: isinstance(screen(board), Replay))
        await board.press("question_mark", "tab")
        assert "help · replay" in board.text()
        assert "weights of 40" in board.text()
        await board.press("escape", "colon", *"faster")
        assert "› faster" in board.text()
        await board.press("enter")
        assert isinstance(screen(board), Replay)
    async with looking_at(queued(tmp_path / "sweep.db", PLAN)) as board:
        await board.press("question_mark", "tab")
        assert "help · sweep" in board.text()
        assert "★ best" in board.text()
        await board.press("escape", "colon", *"smoothing 50", "enter")
        assert view_of(board).chart_options.smoothing == 50
