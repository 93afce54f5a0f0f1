"""The list of runs: ten thousand of them, filters, orders, marks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shutil import copy

import pytest

from engine.jobs.processes.liveness import this_process
from engine.spec import defaults
from engine.store import Evaluation, Listing, open_for_writing
from engine.store.list.listing import ORDERS
from tests.presence import present
from tests.stores import block_of, claimed_writer, query
from tests.tui.dashboards import Opened, listed, losses, opened, raced, store_with
from tui.colours.palette import marker
from tui.model.choices import MOST_MARKED
from tui.model.messages import ChoicesChanged
from tui.widgets.runs_table import RunsTable


@pytest.fixture(scope="module")
def two_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "runs.db"
    store_with(path, ("first of all", defaults()))
    with open_for_writing(path) as store:
        store.queue.add([defaults().changed(seed=seed) for seed in range(1999)])
    query(path, "PRAGMA wal_checkpoint(TRUNCATE)")  # only the file itself is copied
    return path


@pytest.fixture
def many(two_thousand: Path, tmp_path: Path) -> Path:
    return Path(copy(two_thousand, tmp_path / "runs.db"))


def pointed(board: Opened) -> int | None:
    return board.app.choices.pointed


async def test_a_list_that_is_longer_than_what_is_read(many: Path) -> None:
    async with opened(many) as board:
        await board.until(lambda: board.app.snapshot.total == 2000)
        assert len(board.app.snapshot.runs) < 500
        await board.press("G")
        await board.until(lambda: pointed(board) == 1 and "first of all" in board.text())
        assert board.app.choices.marked == ()
        await board.press("g")
        await board.until(lambda: pointed(board) == 2000 and " 1999 " in board.text())
        for expected in range(1970, 1880, -30):
            await board.press(*["j"] * 30)
            await board.until(partial(lambda expected: pointed(board) == expected, expected))
            assert f" {expected}  " in board.text()
        await board.press(*["pagedown"] * 12)
        await board.until(lambda: present(pointed(board)) < 1700 and board.app.snapshot.first > 0)


async def test_the_speed_above_is_that_of_all_runs_whatever_the_list_shows(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
        claim = present(store.queue.claim(store.register_worker(this_process())))
        store.writer(claim).write(block_of(losses(500)))
        store.queue.add([defaults().changed(seed=seed) for seed in range(600)])
    async with opened(path) as board:
        await board.until(lambda: "1k it/s" in board.text().splitlines()[0])
        await board.press("slash")
        await board.type("status:queued\r")
        await board.until(lambda: board.app.snapshot.fitting == 600)
        assert "1k it/s" in board.text().splitlines()[0]


async def test_pinned_runs_stay_in_sight_however_far_the_list_is_scrolled(many: Path) -> None:
    async with opened(many) as board:
        await board.press("i", "j", "j", "i")
        await board.until(lambda: listed(board)[:3] == [2000, 1998, 1999])
        for key in ("pagedown", "pagedown", "G", "k"):
            await board.press(key)
            await board.until(lambda: not board.app.is_reading())
            await board.pilot.pause()
            rows = board.app.screen.query_one(RunsTable).text().splitlines()[1:]
            assert [row.split()[0].lstrip("…✓●▌‡") or row.split()[1] for row in rows[:2]] == ["2000", "1998"]
            assert f" {pointed(board)} " in "\n".join(rows)
        assert pointed(board) == 2
        await board.pilot.click(RunsTable, offset=(10, 2))
        await board.until(lambda: pointed(board) == 1998)


async def test_marking_all_of_the_list(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((f"run {n}", defaults()) for n in range(11)))
    async with opened(path) as board:
        await board.press("a")
        await board.until(lambda: set(board.app.choices.marked) == set(range(1, 12)))
        signs = {
            (board.app.choices.slot(run_id) % 8, marker(board.app.choices.slot(run_id))) for run_id in range(1, 12)
        }
        assert len(signs) == 11


async def test_marking_all_begins_at_the_top_of_the_list_wherever_the_cursor_is(many: Path) -> None:
    async with opened(many) as board:
        await board.type(":1000\r")
        await board.until(lambda: pointed(board) == 1000 and board.app.snapshot.first > 0)
        await board.press("a")
        await board.until(lambda: set(board.app.choices.marked) == set(range(2001 - MOST_MARKED, 2001)))
        await board.until(lambda: "Marked the first 64 of 2,000 runs: 64 can be drawn." in board.text())
        assert pointed(board) == 1000


async def test_marking_all_again_takes_the_marks_of_the_list_away(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((f"run {n}", defaults()) for n in range(11)))
    async with opened(path) as board:
        await board.type("/run>8\ra")
        await board.until(lambda: set(board.app.choices.marked) == {9, 10, 11})
        await board.press("a")
        await board.until(lambda: board.app.choices.marked == ())
        assert "Unmarked all runs of the list; a marks them again." in board.text()
        await board.type("/\x15run<=8\ra")
        await board.until(lambda: set(board.app.choices.marked) == set(range(1, 9)))
        await board.type("/\x15nosuch\r")
        await board.until(lambda: "No run fits" in board.text())
        await board.press("a")
        assert set(board.app.choices.marked) == set(range(1, 9))


async def test_runs_of_a_sweep_stand_together_and_fold(swept: Path) -> None:
    async with opened(swept) as board:
        await board.press("B")
        await board.until(lambda: listed(board) == [6, "sweep 1", 5, 3, 2, 4, 1])
        assert "sweep 1 · step size 1e-3 to 1" in board.text()
        assert "3 runs · train 0.2000" in board.text()
        await board.press("j")
        assert board.app.choices.cursor == (None, 1, 0, None)
        assert "stop sweep" not in board.text()  # all of its runs have ended
        await board.press("p", "t", "f", "e", "d", "i", "left_square_bracket")
        assert board.app.choices.listing.pinned == ()
        await board.press("enter")
        await board.until(lambda: listed(board) == [6, "sweep 1", 4, 1])
        assert not board.app.choices.alone
        await board.press("j")
        assert board.app.choices.pointed == 4
        await board.press("k", "space")
        await board.until(lambda: listed(board) == [6, "sweep 1", 5, 3, 2, 4, 1])
        await board.press("B")
        await board.until(lambda: listed(board) == [6, 5, 4, 3, 2, 1] and board.app.choices.pointed == 6)


async def test_a_pinned_run_stays_on_top(swept: Path) -> None:
    async with opened(swept) as board:
        await board.press("G")
        await board.until(lambda: pointed(board) == 1)
        await board.press("i")
        await board.until(lambda: listed(board) == [1, 6, 5, 4, 3, 2])
        assert "✓‡   1 " in board.text()
        await board.press("B", "slash", *"loss>0.15", "enter")
        await board.until(lambda: listed(board) == [1, 6, "sweep 1", 5, 3, 2, 4] and "5 of 6 runs" in board.text())
        await board.press("i")
        await board.until(lambda: board.app.choices.listing.pinned == () and 1 not in listed(board))


async def test_titles_sort_when_they_are_clicked(swept: Path) -> None:
    async with opened(swept, size=(200, 35)) as board:
        await board.until(lambda: "⣀" in board.text().splitlines()[2].split("│")[0])
        titles = board.text().splitlines()[1]
        assert all(title in titles for title in ("name", "iteration", "curve", "valid."))
        for title, order, reverse in (
            ("valid.", "validation", False),
            ("valid.", "validation", True),
            ("best", "best", False),
        ):
            await board.pilot.click(RunsTable, offset=(titles.index(title) + 1, 0))
            await board.until(lambda: board.app.snapshot.looked_up is not None)
            listing = board.app.choices.listing
            assert (listing.order, listing.reverse) == (order, reverse)
        await board.until(lambda: listed(board) == [1, 2, 4, 3, 5, 6])
        await board.pilot.click(RunsTable, offset=(1, 0))
        assert board.app.choices.listing.order == "status"
        for order in ORDERS:
            board.app.post_message(ChoicesChanged(board.app.choices.listing_so(Listing(order=order))))
        await board.until(lambda: board.app.snapshot.listing.order == ORDERS[-1])


async def test_a_run_alone_shows_all_that_is_known_of_it(swept: Path) -> None:
    async with opened(swept) as board:
        await board.press("enter")
        await board.until(lambda: " spec ──" in board.text())
        assert "kept" in board.text()
        assert "others" in board.text()
        assert "alone" in board.text()
        await board.press("j")
        await board.until(lambda: " 5  gradient b256" in board.text() and "run 5 alone" in board.text())
        await board.until(lambda: getattr(board.app.snapshot.background, "run_id", None) == 5)
        await board.press("pagedown")
        await board.until(lambda: "evaluations" in board.text())
        await board.until(lambda: "of sweep 1" in board.text())
        await board.press("pageup", "tab")
        await board.until(lambda: "alone" not in board.text() and "iterations/s" in board.text())
        await board.press("tab", "escape")
        await board.until(lambda: "batch ~" in board.text() and not board.app.choices.alone)


async def test_details_are_one_key_away(swept: Path) -> None:
    async with opened(swept) as board:
        await board.press("tab")
        assert board.app.choices.alone
        assert "└┬" in board.text()
        await board.press("tab")
        assert board.app.choices.room == "details"


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_a_run_alone_in_a_small_terminal(swept: Path, size: tuple[int, int]) -> None:
    async with opened(swept, size=size) as board:
        await board.press("enter")
        await board.until(lambda: "more lines" in board.text() and "└┬" in board.text())
        await board.press("tab")
        await board.until(lambda: "iterations" in board.text() and "└┬" not in board.text())


async def test_another_order_is_shown_as_soon_as_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.runs_screen.UPDATE_S", 60.0)  # numbers that only grow may wait
    async with opened(raced(tmp_path / "runs.db")) as board:
        table = board.app.screen.query_one(RunsTable)
        await board.press("O")
        await board.until(lambda: " 1 random" in table.text().splitlines()[1])
        assert await board.pilot.click("RunsTable", offset=(6, 0))
        await board.until(lambda: " 3 gradient" in table.text().splitlines()[1])


@pytest.mark.parametrize("size", [(80, 24), (200, 35)])
async def test_no_title_is_cut_by_the_sign_of_its_order(swept: Path, size: tuple[int, int]) -> None:
    async with opened(swept, size=size) as board:
        table = board.app.screen.query_one(RunsTable)
        await board.press("vertical_line", "down", "down", "space", "escape")
        for column in table.columns:
            listing = Listing(order=column.order or "run")
            board.app.post_message(ChoicesChanged(board.app.choices.listing_so(listing)))
            await board.until(partial(lambda listing: board.app.snapshot.listing == listing, listing))
            await board.pilot.pause()
            titles = table.text().splitlines()[0]
            assert "…" not in titles
            if column.order:
                sign = "▾" if listing.downwards and column.order != "created" else "▴"
                assert f"{sign}{column.shown_title}" in titles


async def test_no_loss_is_cut_in_the_table(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        for loss in (9.7312e12, 1.2345e-7):
            evaluations = [Evaluation(2, split, loss, 0.5) for split in ("train", "validation")]
            claimed_writer(store).finish(block=block_of([2 * loss, loss]), evaluations=evaluations)
    async with opened(path, size=(200, 35)) as board:
        table = board.app.screen.query_one(RunsTable)
        await board.until(lambda: table.text().count("9.7e12") == table.text().count("1.2e-7") == 3)


@pytest.mark.parametrize("sizes", [
    {0.000464: "4.64e-4", 5e-4: "5e-4", 10**-2.5: "0.00316", 1234567.0: "1.235e6", 3e-10: "3e-10", 5.6464: "5.646"},
    {0.0464: "0.0464", 10 ** (-4 / 3): "0.04642", 1e-4: "1e-4"},
])  # fmt: skip
async def test_no_step_size_is_cut_in_the_table_and_two_that_differ_look_different(
    tmp_path: Path, sizes: dict[float, str]
) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *(("", defaults().changed(step_size=step_size)) for step_size in sizes))
    async with opened(path) as board:
        for shown in sizes.values():
            assert f" {shown} " in board.app.screen.query_one(RunsTable).text()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_run_that_was_given_a_name_is_called_so_in_the_table(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("the good one", defaults()), (defaults().label, defaults().changed(step_size=0.5)))
    async with opened(path, size) as board:
        _, second, first = board.app.screen.query_one(RunsTable).text().splitlines()[:3]
        assert "the good one" in first
        assert "gradient b256" in second
