"""A replay on the screen: every key of it, the mouse, and the way back to the live view."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.spec import defaults, race
from engine.store import Evaluation, open_for_writing
from tests.presence import present
from tests.stores import block_of
from tests.tui.dashboards import Opened, losses, opened, raced, store_with
from tui.chart import axes_of, draw
from tui.model import keymap
from tui.model.messages import ForkRequested, OrderAnswered, ReplayLeft, ReplayRequested
from tui.model.sweep.sweep_messages import ProbeRequested, SweepOpened
from tui.presenting.curves import chart_view
from tui.screens.board import Board
from tui.screens.help import Help
from tui.screens.probe import ProbeView
from tui.screens.replay import Replay
from tui.screens.run_form import RunForm
from tui.screens.sweep_view import SweepView
from tui.terminal.clipboard import sequence
from tui.widgets.chart_pane import ChartPane
from tui.widgets.lines import Lines
from tui.widgets.run_page import RunPage
from tui.widgets.runs_table import RunsTable
from tui.widgets.scrubber import Scrubber


class Watched:
    """A replay that is shown, and a clock that moves when it is told to."""

    def __init__(self, board: Opened) -> None:
        self.board = board
        self.seconds = 0.0
        board.app.replay_control.now = lambda: self.seconds

    @property
    def screen(self) -> Replay:
        screen = self.board.app.screen
        assert isinstance(screen, Replay), screen
        return screen

    def line(self) -> str:
        return self.screen.query_one(Scrubber).text()

    def done(self) -> dict[int, int]:
        return {run.run_id: run.iterations_done for run in self.board.app.snapshot.runs}

    async def press(self, key: str, position: float) -> None:
        """Press a key and wait until the moment that it leads to stands on the screen."""
        await self.board.press(key)
        assert self.screen.clock.position == pytest.approx(position, abs=1e-3), self.line()
        await self.board.until(
            lambda: self.done() == self.screen.replay_data.timeline(self.screen.clock.kind).cut(position)
        )


@asynccontextmanager
async def watched(path: Path, size: tuple[int, int] = (120, 35)) -> AsyncIterator[Watched]:
    """A replay of all runs of a store, standing at its start."""
    async with opened(path, size) as board:
        watch = Watched(board)
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "home")
        await board.until(lambda: set(watch.done().values()) == {0})
        yield watch


async def test_keys_move_in_time(tmp_path: Path) -> None:
    async with watched(raced(tmp_path / "runs.db")) as watch:
        board = watch.board
        assert board.all_of(ReplayRequested)[0].run_ids == (1, 2, 3)
        for key, position in (
            ("5", 100), ("full_stop", 101), ("full_stop", 102), ("comma", 101), ("1", 20), ("9", 180),
            ("end", 200), ("home", 0),
        ):  # fmt: skip
            await watch.press(key, position)
        await board.press("apostrophe", "apostrophe")
        assert "go to: evaluations" in board.text()
        await watch.press("right_curly_bracket", 200)
        await watch.press("home", 0)
        await board.press("apostrophe")
        assert "go to: lowest loss" in board.text()
        await watch.press("right_curly_bracket", 200)
        assert "iteration 200" in watch.line()
        await board.press("apostrophe", "apostrophe")
        await watch.press("3", 60)
        assert re.search(r" 60 .*\n", board.text())
        assert "finished" not in board.text()
        await board.press("right_curly_bracket")
        assert "There is no event after this moment." in board.text()
        await board.press(*["apostrophe"] * 4, "right_curly_bracket")
        assert "There is no divergence in these runs." in board.text()
        await board.press("escape")
        assert "There is no" not in board.text()
        assert watch.screen


async def test_it_plays_at_its_speed_and_stops_at_the_end(tmp_path: Path) -> None:
    async with watched(raced(tmp_path / "runs.db")) as watch:
        board = watch.board
        assert watch.screen.clock.speed == 0.25  # 200 iterations in about ten seconds
        await board.press("right_square_bracket", "right_square_bracket", "space")
        assert "⏵ x1" in watch.line()
        watch.seconds = 0.5
        await board.until(lambda: set(watch.done().values()) == {50})
        await board.press("left_square_bracket")
        assert "⏵ x1/2" in watch.line()
        watch.seconds = 1.5
        await board.until(lambda: set(watch.done().values()) == {100})
        watch.seconds = 99.0
        await board.until(lambda: set(watch.done().values()) == {200})
        await board.until(lambda: "⏸" in watch.line())
        await board.press("L", "space")
        assert "↻" in watch.line()
        watch.seconds = 100.0
        await board.until(lambda: set(watch.done().values()) == {50})


async def test_clocks_axes_and_the_charts_own_keys(tmp_path: Path) -> None:
    async with watched(raced(tmp_path / "runs.db")) as watch:
        board = watch.board
        await watch.press("5", 100)
        assert "by iteration" in watch.line()
        await board.press("C")
        assert "by time" in watch.line()
        await board.until(lambda: 100 in watch.done().values())
        await board.press("C")
        assert "examples" in watch.line()
        await board.press("C")
        assert "losses" in watch.line()
        await board.press("C")
        await board.until(lambda: set(watch.done().values()) == {100})
        pane = watch.screen.query_one(ChartPane)
        held = present(present(pane.picture).axes)
        await board.press("H")
        await board.until(lambda: present(present(pane.picture).axes).x_high == 1000 != held.x_high)
        await board.press("H")
        await board.until(lambda: present(pane.picture).axes == held)
        await board.press("x")
        assert "time (s)" in board.text()
        await board.press("x", "x", "greater_than_sign")
        assert "smoothing" in board.text()
        await board.press("less_than_sign", "v", "y", "c", "h", "escape", "y", "v", "v", "enter")
        assert "alone" in board.text()
        await board.press("escape")
        assert isinstance(board.app.screen, Replay)


async def test_the_mouse_moves_along_the_line(tmp_path: Path) -> None:
    async with watched(raced(tmp_path / "runs.db")) as watch:
        board = watch.board
        bar = watch.screen.query_one(Scrubber)._bar
        await board.pilot.mouse_down(Scrubber, offset=(bar.start, 0))
        await board.pilot.hover(Scrubber, offset=((bar.start + bar.stop - 1) // 2, 0))
        await board.until(lambda: 90 <= watch.done()[1] <= 110)
        await board.pilot.hover(Scrubber, offset=(bar.stop - 1, 0))
        await board.pilot.mouse_up(Scrubber, offset=(bar.stop - 1, 0))
        await board.until(lambda: watch.done()[1] == 200)
        await board.pilot.hover(Scrubber, offset=(bar.start, 0))
        assert watch.screen.clock.position == 200


@pytest.mark.parametrize("key", ["r", "escape"])
async def test_the_way_back_shows_what_is_now(tmp_path: Path, key: str) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("goes on", defaults()), finish=False)
    async with watched(path) as watch:
        board = watch.board
        await watch.press("5", 100)
        assert "behind live" in watch.line()
        writer.write(block_of(losses(0.5, 100), first=200))
        await board.press("y", key)
        assert board.all_of(ReplayLeft)
        assert type(board.app.screen) is Board
        await board.until(lambda: present(board.app.snapshot.run(1)).iterations_done == 300)
        assert board.app.snapshot.replay_data is None
        assert not board.app.choices.chart_options.log_y  # it is looked at as the replay was


async def test_it_goes_along_the_live_edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.reading.past_snapshots.EDGE_S", 0.0)
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("goes on", defaults()), finish=False)
    async with watched(path) as watch:
        await watch.press("end", 200)
        assert "live edge" in watch.line()
        await watch.board.press("space")
        writer.write(block_of(losses(0.5, 100), first=200))
        await watch.board.until(lambda: watch.screen.replay_data.timeline("iteration").end == 300)
        assert "behind live" in watch.line()
        watch.seconds = 60.0
        await watch.board.until(lambda: watch.done() == {1: 300})
        assert watch.screen.clock.playing


async def test_while_it_plays_the_rows_are_those_of_the_moment_that_the_clock_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.runs_screen.UPDATE_S", 60.0)  # numbers of live runs may wait
    async with watched(raced(tmp_path / "runs.db"), (160, 40)) as watch:
        board = watch.board
        await watch.press("3", 60)
        await board.press("space")
        table = watch.screen.query_one(RunsTable)
        for seconds in (0.8, 1.6, 2.4):
            before = table.text()
            watch.seconds = seconds
            await board.until(lambda: min(watch.done().values()) > 60 and table.text() != before)  # noqa: B023
        assert watch.screen.clock.playing


async def test_the_title_of_a_run_stays_above_its_scrolled_details(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db"), (80, 24)) as board:
        await board.press("enter", "tab")
        page = board.app.screen.query_one(RunPage)
        title, under = page.text().splitlines()[:2]
        assert "gradient b256  finished" in title
        await board.press("pagedown")
        await board.until(lambda: page.text().splitlines()[1] != under)
        assert page.text().splitlines()[0] == title


async def test_a_fork_begins_at_the_moment_that_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.people.steer.start_workers", lambda *_: 0, raising=False)
    async with watched(raced(tmp_path / "runs.db")) as watch:
        board = watch.board
        await board.press("space", "3", "f")  # before the frame is there
        await board.until(lambda: isinstance(board.app.screen, RunForm))
        assert board.all_of(ForkRequested)[0].at == 60
        assert re.search(r"from iteration +60", board.text())
        await board.press("escape", "b")
        await board.until(lambda: board.all_of(ProbeRequested))
        assert board.all_of(ProbeRequested)[0].iteration == 60
        await board.until(lambda: isinstance(board.app.screen, ProbeView))
        await board.press("escape")
        assert isinstance(board.app.screen, Replay)


async def test_the_command_that_opens_the_moment_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    path = raced(tmp_path / "runs.db")
    async with watched(path) as watch:
        written: list[str] = []
        monkeypatch.setattr(present(watch.board.app._driver), "write", written.append)
        await watch.press("3", 60)
        await watch.board.press("Y", *"moment", "enter")
        await watch.board.until(lambda: watch.board.all_of(OrderAnswered))
        command = f"lossboard --db {path} replay 1 2 3 --at 60 --speed 1/4"
        assert sequence(command) in written
        assert "Sent to the terminal's clipboard: lossboard" in watch.board.text()


async def test_help_has_every_key_of_a_replay(tmp_path: Path) -> None:
    async with watched(raced(tmp_path / "runs.db"), (140, 60)) as watch:
        await watch.board.press("question_mark")
        assert isinstance(watch.board.app.screen, Help)
        text = watch.board.text()
        assert all(key.help[:40] in text for key in keymap.keys_of("replay"))
        await watch.board.press("escape")
        assert watch.screen


@pytest.mark.parametrize("grid", [False, True])
async def test_the_last_frame_is_what_the_live_screen_shows(tmp_path: Path, grid: bool) -> None:
    path = raced(tmp_path / "runs.db")
    async with opened(path) as board:
        if grid:
            await board.press("v")
        await board.pilot.pause()
        pane, table = board.app.screen.query_one(ChartPane), board.app.screen.query_one(RunsTable)
        live = present(pane.picture), table.text()
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "3", "end")
        await board.until(lambda: "finished" in board.text())
        replay = board.app.screen
        assert isinstance(replay, Replay)
        # the replay has one line more, so the chart is drawn at the live one's size
        final = chart_view(replay.snapshot, replay.choices)
        axes = present(axes_of(final, live[0].width))
        held = replace(final, x_window=(axes.x_low, axes.x_high), y_window=(axes.y_low, axes.y_high))
        for view in (final, held):
            again = draw(view, live[0].width, live[0].height)
            assert (again.codepoints == live[0].codepoints).all()
            assert (again.styles == live[0].styles).all()
        assert present(replay.query_one(ChartPane).picture).axes == axes
        assert replay.query_one(RunsTable).text() == live[1]
        assert "REPLAY   3 runs" in replay.query_one("#header", Lines).text()


async def test_the_last_page_about_a_run_is_the_live_one(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db"), (120, 60)) as board:
        await board.press("enter", "tab")
        await board.until(lambda: "process" in board.text())
        live = board.app.screen.query_one(RunPage).text().rstrip()
        await board.press("escape", "escape", "r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "3", "enter", "tab")
        await board.until(lambda: "reached" in board.text())
        assert "process" not in board.text()
        await board.press("end")
        await board.until(lambda: "process" in board.text())
        assert board.app.screen.query_one(RunPage).text().rstrip() == live


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (60, 20)])
async def test_a_fork_that_has_not_begun_has_no_numbers(tmp_path: Path, size: tuple[int, int]) -> None:
    path = raced(tmp_path / "runs.db")
    with open_for_writing(path) as store:
        store.queue.fork(3, 150, store.queue.spec_at(3, 150), "the fork")
        claim = store.queue.claim(1)
        assert claim is not None
        writer = store.writer(claim)
        given = [Evaluation(150, "train", 0.777, 0.9), Evaluation(150, "validation", 0.888, 0.9)]
        writer.finish(block=block_of(losses(1.0, 50), first=150), evaluations=given)
    async with opened(path, size) as board:
        watch = Watched(board)
        await board.press("g", "r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "home")
        await board.until(lambda: watch.done() == {1: 0, 2: 0, 3: 0, 4: 150})
        assert "waits for a worker" in board.text()
        assert not {"nan", "0.777", "0.888", "0.90", "00:01"} & set(re.split(r"[ │]+", board.text()))
        assert re.search(r"iteration +0\b", watch.line())
        await board.press("f")
        assert "has not begun" in board.text()
        await board.press("8")
        await board.until(lambda: watch.done()[4] == 160)
        assert re.search(r"iteration +160\b", watch.line())


async def test_nothing_to_play_back_is_said(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("a run", race()[0]))
    async with opened(path) as board:
        await board.press("space", "r")
        await board.until(lambda: isinstance(board.app.screen, Replay))  # the one under the cursor
        await board.press("r")
        assert type(board.app.screen) is Board


async def test_marks_are_remembered_as_the_live_view_has_them(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("enter", "r")  # one run alone is played back alone
        await board.until(lambda: isinstance(board.app.screen, Replay))
        assert board.app.choices.marked == (3,)
        assert board.app.state.live.choices.marked == (1, 2, 3)
        await board.press("r")
        chosen = board.app.choices
        assert chosen.marked == (1, 2, 3)
        assert chosen.alone


async def test_a_sweep_that_is_opened_from_a_replay_leaves_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        board.app.post_message(SweepOpened(1))
        await board.until(lambda: isinstance(board.app.screen, SweepView))
        assert board.app.state.replay is None
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
