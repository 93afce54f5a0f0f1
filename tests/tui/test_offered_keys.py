"""What the footer offers: what works on the row and in the part that is looked at, and a click does what a key does."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.imports.detection import find
from engine.jobs.imports.importing import import_sources
from engine.spec import defaults
from engine.store import open_for_writing
from tests.stores import claimed_writer, query
from tests.tui.dashboards import Opened, opened, raced, store_with
from tui.screens.help import Help
from tui.screens.run_form import RunForm


def footer(board: Opened) -> str:
    return board.text().splitlines()[-1]


async def test_a_run_that_has_ended_is_forked_and_replayed_not_paused(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        assert "f fork" in footer(board)
        assert "r replay" in footer(board)
        assert "pause" not in footer(board)
        assert "stop" not in footer(board)


async def test_an_imported_run_is_replayed_and_neither_paused_nor_stopped(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (tmp_path / "a.jsonl").write_text('{"loss": 1}\n{"loss": 2}\n')
    list(import_sources(path, find([tmp_path / "a.jsonl"])))
    query(path, "UPDATE runs SET state = 'paused'")  # as one that is imported before it has ended
    async with opened(path) as board:
        assert "r replay" in footer(board)
        assert "pause" not in footer(board)
        assert "resume" not in footer(board)
        assert "stop" not in footer(board)


async def test_a_page_key_of_a_run_alone_says_what_it_does(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("enter")
        await board.until(lambda: "pg down scroll" in footer(board))


async def test_a_run_that_is_open_already_is_not_offered_to_be_opened(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        assert "enter open" in footer(board)
        await board.press("enter")
        assert "enter open" not in footer(board)
        assert "tab details" in footer(board)
        assert "pg down scroll" in footer(board)
        await board.press("tab")
        assert "tab curve" in footer(board)


async def test_a_run_that_goes_on_is_paused_stopped_and_steered(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("mine", defaults()), finish=False)
    async with opened(path) as board:
        assert "p pause" in footer(board)
        assert "t stop" in footer(board)
        assert "step size" in footer(board)
        assert "fork" not in footer(board)


async def test_a_search_has_no_step_size_to_steer_and_a_paused_run_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        claimed_writer(store, defaults("random-search"))
        paused = store.queue.add([defaults()])[0]
        store.queue.command(paused, "pause")
    async with opened(path) as board:
        await board.press("g")
        assert "p resume" in footer(board)
        await board.press("G")
        assert "p pause" in footer(board)
        assert "step size" not in footer(board)


@pytest.mark.parametrize("width", [80, 120])
async def test_filter_commands_and_help_are_always_offered(tmp_path: Path, width: int) -> None:
    async with opened(raced(tmp_path / "runs.db"), (width, 24)) as board:
        for keys in ([], ["c"], ["escape", "enter"], ["escape", "Z"]):
            await board.press(*keys)
            for offered in ("/ filter", ": commands", "? help"):
                assert offered in footer(board), keys


async def test_a_click_does_what_the_key_does(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.pilot.click("#footer", offset=(footer(board).index("? help") + 3, 0))
        assert isinstance(board.app.screen, Help)
        await board.press("escape")
        await board.pilot.click("#footer", offset=(footer(board).index("n new"), 0))
        assert isinstance(board.app.screen, RunForm)


@pytest.mark.parametrize("keys", ["n", "f", "s"])
async def test_a_form_says_how_it_is_filled_in(tmp_path: Path, keys: str) -> None:
    async with opened(raced(tmp_path / "runs.db"), (80, 24)) as board:
        await board.press(*keys)
        for offered in ("enter ", "esc back", "tab next", "← → choose", "ctrl r defaults"):
            assert offered in footer(board)
        assert ("fork" in footer(board)) == (keys == "f")


async def test_a_run_whose_spec_cannot_be_read_is_neither_forked_nor_probed(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    query(path, "UPDATE runs SET spec = 'of another version'")
    async with opened(path) as board:
        assert "r replay" in footer(board)
        assert "fork" not in footer(board)
        assert "probe" not in footer(board)
        await board.press("b")
        await board.until(lambda: board.text().count("cannot read the spec of run 3") == 1)
        assert "start" not in footer(board)
        assert "esc back" in footer(board)
