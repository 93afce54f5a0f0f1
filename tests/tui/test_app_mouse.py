"""The mouse: what a click, a double click, a drag and the wheel do in the list, the chart, the scrubber and a sweep."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widget import Widget

from engine.spec import defaults
from engine.store import open_for_writing
from tests.presence import present
from tests.tui.dashboards import Opened, opened, raced
from tests.tui.sweeps import PLAN, looking_at, queued, view_of
from tui.screens.pick import Pick
from tui.widgets.chart_pane import ChartPane
from tui.widgets.runs_table import RunsTable
from tui.widgets.scrubber import Scrubber
from tui.widgets.sweep.table import SweepTable


async def wheel(board: Opened, event: type[events.MouseEvent], widget: type[Widget], at: tuple[int, int]) -> None:
    """Turn the wheel by a notch over a cell of a widget."""
    assert await board.pilot._post_mouse_events([event], widget, at, button=0)


def table_row(board: Opened, run_id: int) -> int:
    """The row of a run in the table, the titles' row being 0."""
    lines = board.app.screen.query_one(RunsTable).text().splitlines()
    return next(row for row, line in enumerate(lines) if row and line[3:].split()[0] == str(run_id))


async def test_a_click_on_the_mark_column_marks_and_a_double_click_opens(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        assert 2 in board.app.choices.marked
        await board.pilot.click(RunsTable, offset=(0, table_row(board, 2)))
        await board.until(lambda: 2 not in board.app.choices.marked and board.app.choices.pointed == 2)
        await board.pilot.click(RunsTable, offset=(1, table_row(board, 2)))
        await board.until(lambda: 2 in board.app.choices.marked)
        await board.pilot.click(RunsTable, offset=(8, table_row(board, 1)), times=2)
        await board.until(lambda: board.app.choices.alone and board.app.choices.pointed == 1)


async def test_a_right_click_points_at_the_run_and_offers_what_can_be_done_with_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.pilot.click(RunsTable, offset=(8, table_row(board, 1)), button=3)
        await board.until(lambda: isinstance(board.app.screen, Pick))
        assert board.app.choices.pointed == 1


async def test_the_wheel_scrolls_the_list_and_the_next_key_brings_the_cursor_back_into_sight(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults()] * 450)
    async with opened(path, (120, 24)) as board:
        table = board.app.screen.query_one(RunsTable)
        await board.until(lambda: board.app.choices.pointed == 450)
        await wheel(board, events.MouseScrollDown, RunsTable, (8, 3))
        await board.until(lambda: " 450 " not in table.text() and " 447 " in table.text())
        assert board.app.choices.pointed == 450
        await board.press("j")
        await board.until(lambda: " 449 " in table.text() and board.app.choices.pointed == 449)
        while " 1 " not in table.text():
            before = table.text()
            await wheel(board, events.MouseScrollDown, RunsTable, (8, 3))
            await board.until(lambda: table.text() != before)  # noqa: B023
        assert board.app.choices.pointed == 449
        assert board.app.snapshot.first > 0
        await board.press("j")
        await board.until(lambda: " 449 " in table.text())
        await board.press("j")
        await board.until(lambda: board.app.choices.pointed == 448 and " 448 " in table.text())


async def test_a_click_on_the_legend_points_at_the_run_and_a_double_click_hides_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        pane = board.app.screen.query_one(ChartPane)

        def entry(sign: str) -> tuple[int, int]:
            lines = pane.text().splitlines()
            row = next(row for row, line in enumerate(lines) if sign in line)
            return lines[row].index(sign), row

        await board.pilot.click(ChartPane, offset=entry("local search"))
        await board.until(lambda: board.app.choices.pointed == 2)
        await board.pilot.click(ChartPane, offset=entry("random search"), times=2)
        await board.until(lambda: 1 not in board.app.choices.marked)
        assert board.app.choices.pointed == 1


async def test_a_drag_over_the_curves_shows_the_range_and_zooms_to_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        pane = board.app.screen.query_one(ChartPane)
        plot = present(pane.picture).plot
        first, last, row = plot.left + 10, plot.left + 29, plot.top + 4
        x_first, x_last = present(pane.picture).x_at(first), present(pane.picture).x_at(last)
        screen_row, left = pane.region.y + row, pane.region.x
        before = ground_of(board, screen_row, left + first + 5)
        await board.pilot.mouse_down(ChartPane, offset=(last, row))
        await board.pilot.hover(ChartPane, offset=(first, row))
        await board.until(lambda: ground_of(board, screen_row, left + first + 5) != before)
        assert ground_of(board, screen_row, left + first - 1) == before
        assert ground_of(board, screen_row, left + last + 1) == before
        await board.pilot.mouse_up(ChartPane, offset=(first, row))
        await board.until(lambda: board.app.choices.chart_options.window == pytest.approx((x_first, x_last)))
        await board.until(lambda: ground_of(board, screen_row, left + first + 5) == before)
        assert board.app.choices.chart_options.cursor is None


async def test_a_click_on_the_curves_reads_the_values_there_and_another_one_ends_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        pane = board.app.screen.query_one(ChartPane)
        plot = present(pane.picture).plot
        at = plot.left + 20, plot.top + 3
        await board.pilot.mouse_down(ChartPane, offset=at)
        await board.pilot.mouse_up(ChartPane, offset=(at[0] + 2, at[1]))
        await board.pilot.click(ChartPane, offset=at)
        await board.until(lambda: board.app.choices.chart_options.cursor is not None)
        assert present(pane.picture).column_at(present(board.app.choices.chart_options.cursor)) == at[0]
        assert board.app.choices.chart_options.window is None
        await board.pilot.click(ChartPane, offset=(at[0] + 9, at[1]))
        await board.until(lambda: board.app.choices.chart_options.cursor is None)


async def test_the_wheel_over_the_scrubber_moves_the_clock(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("r")
        await board.until(lambda: board.app.replay_control.screen is not None)
        await board.press("space", "end")
        replay = present(board.app.replay_control.screen)
        clock = replay.clock
        await wheel(board, events.MouseScrollUp, Scrubber, (40, 0))
        await board.until(lambda: replay.clock.position < clock.position)


async def test_a_double_click_on_a_value_of_a_sweep_opens_its_run(tmp_path: Path) -> None:
    async with looking_at(queued(tmp_path / "runs.db", PLAN)) as board:
        view = view_of(board)
        await board.pilot.click(SweepTable, offset=(8, 2), times=2)
        await board.until(lambda: board.app.choices.alone)
        assert board.app.choices.pointed == view.seen.values[1].run_ids[0]


def ground_of(board: Opened, row: int, column: int) -> object:
    """The background of a cell of the terminal."""
    return board.terminal.screen.buffer[row][column].bg
