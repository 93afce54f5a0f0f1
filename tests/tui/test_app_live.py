"""A board that is alive: growing curves, sizes, foreign names, a store that goes away, two boards at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor

from engine.spec import defaults
from engine.store import open_for_writing
from tests.presence import present
from tests.stores import block_of
from tests.tui.dashboards import Opened, composed, losses, opened, raced, store_with, stored_runs
from tui.model.messages import OrderAnswered, ReadFailed, SnapshotRead
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading import feed
from tui.reading.feed import Source
from tui.screens.board import Board
from tui.terminal.textual_internals import OnceComposedScreen
from tui.view_state import saved_view

HOSTILE = (
    "[/nope]",
    "[bold red]loud[/]",
    "\x1b[2J\x1b[31mred",
    "\x1b]52;c;aGVsbG8=\x07copied",
    "two\nlines\r\tand tabs",
    "\u202eright to left\u202c\u200bhidden\ufeff",
    "\x9b31mC1\x9d0;title\x9c",
    "x" * 10_000,
    "宽" * 300,
    "e" + "\u0301" * 500,
    "",
)


@pytest.mark.parametrize("size", [(120, 35), (80, 24)])
async def test_a_foreign_name_can_do_nothing_to_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((name, defaults()) for name in HOSTILE))
    async with opened(path, size) as board:
        for run_id in range(len(HOSTILE), 0, -1):
            await board.until(partial(lambda run_id: board.app.choices.pointed == run_id, run_id))
            await board.until(lambda: "97.2 %" in board.text())
            seen = board.text()
            await board.press("enter")
            await board.until(lambda: board.app.choices.alone)
            seen += board.text()
            await board.press("escape", "space")
            seen += board.text()
            assert seen.count("\n") == 3 * (size[1] - 1)
            assert not set(seen) & set("\x1b\x07\x9b\x9d\u202e\u202c\u200b\ufeff\r\t")
            await board.press("j")
        assert not board.all_of(ReadFailed)


@pytest.mark.parametrize("size", [(39, 12), (5, 2)])
async def test_the_smallest_sizes_live_on(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(raced(tmp_path / "runs.db"), size) as board:
        await board.press("j", "question_mark", "escape", "n", "escape", "y")
        if size >= (20, 5):
            assert "terminal too small" in board.text()
        await board.pilot.resize_terminal(100, 30)
        await board.until(lambda: "random search" in board.text())


async def test_a_growing_run_is_seen_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("grows", defaults()), finish=False)
    async with opened(path) as board:
        before = board.text()
        writer.write(block_of(losses(0.5, 100), first=200))
        await board.until(lambda: " at 200 " in board.text())
        assert board.text() != before


async def test_what_started_meanwhile_is_drawn_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("first", defaults()))
    async with opened(path) as board:
        store_with(path, ("second", defaults().changed(step_size=0.5)))
        await board.until(lambda: "2 second  step size 0.5" in board.text())


async def test_a_ninth_run_takes_the_place_of_the_oldest_that_no_hand_has_marked_and_that_is_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((f"run {n}", defaults()) for n in range(1, 9)))
    async with opened(path) as board:
        store_with(path, ("ninth", defaults()))
        await board.until(lambda: "Run 9 is drawn in place of run 1." in board.text())
        await board.press("j")
        assert "in place of" not in board.text()
        assert board.app.choices.marked == tuple(range(2, 10))


async def test_an_idle_store_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Snapshot | None] = []
    read = Source.read

    def noted(source: Source, wanted: ReadRequest) -> Snapshot | None:
        answers.append(read(source, wanted))
        return answers[-1]

    monkeypatch.setattr(Source, "read", noted)
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.until(lambda: answers and answers[-1] is None)
        board.sent.clear()
        looks = len(answers)
        await board.until(lambda: len(answers) >= looks + 5)
        assert answers[looks:] == [None] * (len(answers) - looks)
        assert not board.all_of(SnapshotRead)


async def test_a_store_that_goes_away_leaves_the_last_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raced(tmp_path / "runs.db")
    tries: list[Source] = []
    close = Source.close

    def noted(source: Source) -> None:
        close(source)
        tries.append(source)

    monkeypatch.setattr(feed, "RETRY_S", 0.05)
    monkeypatch.setattr(Source, "close", noted)
    async with opened(path) as board:
        path.rename(tmp_path / "elsewhere.db")
        await board.until(lambda: board.all_of(ReadFailed))
        await board.until(lambda: " ! " in board.text())
        assert "gradient b256" in board.text()
        assert "●" in board.text()
        await board.until(lambda: len(tries) >= 2)
        assert "was deleted or replaced while it was open" in " ".join(board.text().split())
        (tmp_path / "elsewhere.db").rename(path)
        await board.until(lambda: "can be read again" in board.text())


async def test_another_store_in_its_place_is_shown_as_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raced(tmp_path / "runs.db")
    monkeypatch.setattr(feed, "RETRY_S", 0.05)
    store_with(tmp_path / "other.db", *[(name, defaults()) for name in ("one", "two", "three")])
    async with opened(path) as board:
        await board.press("d", "enter")
        await board.until(lambda: board.all_of(OrderAnswered) and board.app.choices.pointed == 2)
        await board.press("space")
        assert board.app.choices.marked == (1,)
        for file in tmp_path.glob("runs.db*"):
            file.unlink()
        (tmp_path / "other.db").rename(path)
        await board.until(lambda: "Another store has the place" in " ".join(board.text().split()))
        await board.until(lambda: "3 one" not in board.text() and "3 three" in board.text())
        await board.until(lambda: board.app.choices.marked == (1, 2, 3) == tuple(sorted(board.app.snapshot.seen)))
        assert "3 done" in board.text()
        await board.press("u")
        await board.until(lambda: "Nothing to undo" in board.text())
    assert saved_view.load(path).created_at != ""
    assert [run.deleted_at for run in stored_runs(path)] == [None] * 3


async def test_two_dashboards_on_one_store(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("seen twice", defaults()), finish=False)
    async with opened(path) as one, opened(path, (80, 24)) as other:
        writer.write(block_of(losses(0.5, 100), first=200))
        await one.until(lambda: " at 200 " in one.text())
        await other.until(lambda: " 300 " in other.text())


async def test_a_run_that_is_deleted_elsewhere_while_it_is_looked_at_is_said_to_be_gone(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((f"run {seed}", defaults().changed(seed=seed)) for seed in range(3)))
    async with opened(path) as board:
        await board.press("enter")
        with open_for_writing(path) as store:
            store.catalogue.delete(3)
        await board.until(lambda: "Run 3 has gone from the list: this is run 2." in board.text())
        assert board.app.choices.alone
        await board.press("j")
        await board.until(lambda: "has gone" not in board.text())


KEYS = (
    *("j", "k", "y", "x", "X", "space", "question_mark", "escape", "enter", "tab"),
    *("plus", "minus", "h", "l", "0", "w", "v", "c", "m", "greater_than_sign", "less_than_sign", "ctrl+t"),
)
SIZES = ((100, 30), (80, 24), (60, 20), (40, 12), (20, 5), (120, 35))


async def resize(board: Opened, columns: int, rows: int) -> None:
    board.terminal.resize(columns, rows)
    await board.pilot.resize_terminal(columns, rows)


@pytest.mark.parametrize("seed", [3, 5])
async def test_the_terminal_shows_what_was_composed_whatever_was_left_out(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "runs.db"
    writers = store_with(path, *((name, defaults()) for name in ("宽 name", "one", "two")), finish=False)
    rng, done = random.Random(seed), 200
    async with opened(path, (100, 30)) as board:
        for turn in range(60):
            await board.pilot.press(rng.choice(KEYS))
            if turn % 15 == 14:
                await resize(board, *rng.choice(SIZES))
            if rng.random() < 0.5:
                board.app.output.answered()
            for writer in writers:
                writer.write(block_of(rng.random() * losses(5.0, 50), first=done))
            done += 50
        while not isinstance(board.app.screen, Board):
            await board.press("escape")
        await resize(board, 100, 30)

        async def until(condition: Callable[[], object]) -> None:
            """Wait with a terminal that answers; without an answer each frame that is left takes seconds."""

            def holds() -> object:
                board.app.output.answered()
                return condition()

            await board.until(holds)

        await until(lambda: present(board.app.snapshot.run(1)).iterations_done == done)
        board.app.screen.paint()  # numbers that only grow would be told later
        await board.pilot.pause()
        await until(lambda: board.terminal.text().replace(" ", "") == board.text().replace(" ", ""))
        parts = board.terminal.cells()
        board.terminal.screen.reset()
        board.app.output.forget()
        await until(lambda: board.app.output.is_open)
        assert board.terminal.cells() == parts
        assert composed(board.app).cells() == parts


async def test_an_answer_that_is_lost_holds_frames_up_for_no_longer_than_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.terminal.frame_pacing.TIMEOUT_S", 0.3)
    async with opened(raced(tmp_path / "runs.db")) as board:
        board.app.output.answered()
        await board.press("j")  # nothing answers the frames from here on
        await board.press("enter", "c")
        await board.until(lambda: board.app.output.is_open)
        await board.until(lambda: board.terminal.text().replace(" ", "") == board.text().replace(" ", ""))


async def test_a_screen_is_composed_at_its_updates_and_no_more_than_once_at_each(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual composes it at each layout, too: before its widgets know their size, and again when they do."""
    updates: list[int] = []
    outside: list[str] = []
    update, compose = OnceComposedScreen._on_timer_update, Compositor.render_update
    is_updating = False

    def updated(screen: OnceComposedScreen) -> None:
        nonlocal is_updating
        is_updating = True
        updates.append(0)
        update(screen)
        is_updating = False

    def composed(compositor: Compositor, *asked: Any, **more: Any) -> Any:
        if is_updating:
            updates[-1] += 1
        else:
            outside.append(str(compositor.root))
        return compose(compositor, *asked, **more)

    monkeypatch.setattr(OnceComposedScreen, "_on_timer_update", updated)
    monkeypatch.setattr(Compositor, "render_update", composed)
    async with opened(raced(path)) as board:
        for keys in (["n"], ["escape", "V"], ["question_mark"], ["escape", "colon"], ["escape", "j"]):
            await board.press(*keys)
            await board.until(lambda: board.app.output.is_open and board.text() == board.terminal.text())
        await board.pilot.resize_terminal(100, 30)
        board.terminal.resize(100, 30)
        await board.until(lambda: board.app.output.is_open and board.text() == board.terminal.text())
        screen = board.app.screen
        assert isinstance(screen, OnceComposedScreen)
        screen._refresh_layout()  # nothing has moved, and no widget asks to be painted
        assert screen._is_due
        await board.until(lambda: not screen._is_due)
    assert set(updates) == {0, 1}
    assert not outside
