"""The key `/` in every view: it narrows what the view lists, or finds the run that the view is of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from shutil import copy

import pytest

from tests.tui.dashboards import Opened, opened
from tests.tui.sweeps import PLAN, shows, view_of, without_workers, work_off
from tui.screens.help import Help
from tui.screens.inspector.inspector import Inspector
from tui.screens.pick import Pick, RunFinder
from tui.screens.probe import ProbeView
from tui.screens.prompt import Prompt
from tui.screens.replay import Replay
from tui.widgets.sweep.table import NOTHING_FITS

WAYS = {
    "board": ("", "filter"),
    "replay": ("r", "find"),
    "sweepview": ("V", "filter"),
    "probe": ("b", "find"),
    "inspector": ("I", "find"),
}
"""The key that leads from the board to each view, and the word of `/` there."""


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    without_workers(monkeypatch)


@pytest.fixture(scope="module")
def worked_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return work_off(tmp_path_factory.mktemp("done") / "runs.db", PLAN)


@asynccontextmanager
async def at(worked_off: Path, path: Path, place: str, width: int = 120) -> AsyncIterator[Opened]:
    """A view, on a store with a sweep of five step sizes."""
    async with opened(Path(copy(worked_off, path)), (width, 24)) as board:
        key, _ = WAYS[place]
        if key:
            await board.press(key)
        await board.until(lambda: board.app.place == place)
        yield board


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("place", WAYS)
async def test_every_view_offers_and_obeys_the_three_keys_that_work_everywhere(
    worked_off: Path, tmp_path: Path, place: str, width: int
) -> None:
    async with at(worked_off, tmp_path / "runs.db", place, width) as board:
        for offered in (f"/ {WAYS[place][1]}", ": commands", "? help"):
            await board.until(lambda offered=offered: offered in board.text().rpartition("\n")[2])  # type: ignore[misc]
        for key, opens in (("slash", (Prompt, RunFinder)), ("colon", Pick), ("question_mark", Help)):
            await board.press(key)
            assert isinstance(board.app.screen, opens), key
            await board.press("escape")


async def test_the_values_of_a_sweep_narrow_while_a_filter_is_typed(worked_off: Path, tmp_path: Path) -> None:
    async with at(worked_off, tmp_path / "runs.db", "sweepview") as board:
        await board.until(lambda: shows(board, 1))
        view = view_of(board)
        before = view.cursor
        await board.press("slash", *"step_size<0.1")
        await board.until(lambda: [result.values[0] for result in view.seen.listed] == [1e-4, 1e-2])
        assert len(view.drawn_runs()) == 2
        await board.press("escape")
        await board.until(lambda: len(view.seen.listed) == 5 and view.cursor == before)
        await board.type("/step_size<0.1\rgj\r")  # nothing that follows acts on the rows of before
        await board.until(
            lambda: board.app.choices.alone and board.app.choices.pointed == view.seen.values[1].run_ids[0]
        )


async def test_a_filter_that_fits_no_value_says_so_and_esc_clears_it(worked_off: Path, tmp_path: Path) -> None:
    async with at(worked_off, tmp_path / "runs.db", "sweepview") as board:
        await board.until(lambda: shows(board, 1))
        await board.press("slash", *"step_size<", "enter")
        assert "needs a value" in board.text()
        await board.press("escape", "slash", *"status:running", "enter")
        await board.until(lambda: NOTHING_FITS in board.text() and "0 of 5 values" in board.text())
        await board.press("enter", "U", "b")  # act on no run that is not seen
        assert board.app.screen is view_of(board)
        await board.press("escape")
        await board.until(lambda: NOTHING_FITS not in board.text() and "filter:" not in board.text())
        assert view_of(board).pointed is not None


@pytest.mark.parametrize("place", ["replay", "probe", "inspector"])
async def test_another_run_is_found_by_the_filter_of_the_list(worked_off: Path, tmp_path: Path, place: str) -> None:
    async with at(worked_off, tmp_path / "runs.db", place) as board:
        run_ids = {run.run_id: run.spec for run in board.app.snapshot.runs}
        wanted = next(run_id for run_id, spec in run_ids.items() if spec is not None and spec.step_size == 1e-2)
        await board.type("/step_size=0.01\r")
        screen = board.app.screen
        assert not isinstance(screen, RunFinder)
        if isinstance(screen, Replay):
            assert screen.choices.pointed == wanted
        elif isinstance(screen, ProbeView):
            await board.until(lambda: f"probe of run {wanted} " in board.text() and "new loss" in board.text())
        else:
            assert isinstance(screen, Inspector)
            await board.until(lambda: screen.run_id == wanted)


async def test_the_finder_counts_what_fits_and_tells_what_it_cannot_read(worked_off: Path, tmp_path: Path) -> None:
    async with at(worked_off, tmp_path / "runs.db", "inspector") as board:
        for typed, told in (("step_size>0.01", "3 of 5"), ("zzz", "no run fits"), ("foo<1", "unknown field foo")):
            await board.press("slash", *typed)
            await board.until(partial(lambda told: told in board.text(), told))
            await board.press("escape")
