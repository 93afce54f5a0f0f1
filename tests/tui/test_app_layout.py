"""How the board's room is shared: one part in the whole of it, the border that moves, the grid of metrics."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from textual.widget import Widget

from engine.spec import defaults
from engine.store import Evaluation, open_for_writing
from tests.presence import present
from tests.stores import block_of, process
from tests.tui.dashboards import Opened, losses, opened, raced, store_with
from tui.app.app import Dashboard
from tui.chart import Picture
from tui.chart.values.metrics import GRID
from tui.model.messages import MetricPointed
from tui.screens.replay import Replay
from tui.view_state import saved_view
from tui.widgets.chart_pane import ChartPane
from tui.widgets.run_page import RunPage
from tui.widgets.runs_table import RunsTable

SIZES = [(120, 35), (80, 24), (40, 12)]
PARTS: dict[str, type[Widget]] = {"list": RunsTable, "chart": ChartPane, "details": RunPage}


def measured(path: Path, *, finish: bool = True, iterations: int = 200) -> Path:
    """A store of two runs that have recorded all that there is to see."""
    store = open_for_writing(path)
    for number in (1, 2):
        store.queue.add([defaults().changed(step_size=0.1 * number, iterations=iterations)])
        claim = store.queue.claim(store.register_worker(process(number)))
        assert claim is not None
        writer = store.writer(claim)
        block = replace(
            block_of(losses(10.0 / number)),
            gradient_norm=losses(3.0 / number),
            step_size=np.full(200, 0.1 * number),
        )
        evaluations = [
            Evaluation(at, split, loss / at / number, 1 - loss / at / number)
            for at in (50, 100, 200)
            for split, loss in (("train", 25.0), ("validation", 31.0))
        ]
        (writer.finish if finish else writer.write)(block=block, evaluations=evaluations)
    return path


def shown(board: Opened) -> set[str]:
    """The parts of the body that are to be seen."""
    screen = board.app.screen
    return {name for name, kind in PARTS.items() if screen.query_one(kind).display}


def pane(board: Opened) -> ChartPane:
    return board.app.screen.query_one(ChartPane)


def picture_of(board: Opened) -> Picture:
    return present(pane(board).picture)


def ranges(picture: Picture) -> dict[str, tuple[float, float, float]]:
    """How far each panel's axes reach."""
    found = ((panel.metric, present(panel.axes)) for panel in picture.panels)
    return {metric: (axes.x_high, axes.y_low, axes.y_high) for metric, axes in found}


def list_size(board: Opened) -> tuple[int, int]:
    table = board.app.screen.query_one(RunsTable)
    return table.size.width, table.size.height


def focused(board: Opened) -> str:
    """The metric whose panel has the sign of the focus on the screen."""
    return board.text().partition("▸ ")[2].split("  ")[0].removesuffix(" (log)")


@pytest.mark.parametrize("size", SIZES)
async def test_one_part_after_the_other_has_the_whole_room(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(raced(tmp_path / "runs.db"), size) as board:
        assert shown(board) == {"list", "chart"}
        for part in ("chart", "list", "details"):
            await board.press("Z")
            await board.until(partial(lambda part: shown(board) == {part}, part))
            assert " esc back " in board.text().splitlines()[-1]
            widget = board.app.screen.query_one(PARTS[part])
            assert widget.size.width == size[0]
            assert widget.size.height >= size[1] / 2
        await board.until(lambda: "iterations" in board.text() and board.app.snapshot.background is not None)
        await board.press("Z")
        await board.until(lambda: shown(board) == {"list", "chart"})
        await board.press("Z", "escape")
        await board.until(lambda: shown(board) == {"list", "chart"})


async def test_a_chart_that_comes_back_shows_what_has_happened_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("grows", defaults().changed(iterations=1000)), finish=False)
    async with opened(path) as board:
        await board.press("Z", "Z")
        writer.write(block_of(losses(0.5, 300), first=200))
        await board.until(lambda: present(board.app.snapshot.run(1)).iterations_done == 500)
        await board.press("y", "escape")
        await board.until(lambda: "loss  ·  x: iteration" in board.text())
        assert present(picture_of(board).axes).log_y is False


@pytest.mark.parametrize("size", SIZES)
async def test_a_replay_has_the_same_rooms_and_esc_leaves_them_first(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(raced(tmp_path / "runs.db"), size) as board:
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space")
        for part in ("chart", "list", "details"):
            await board.press("Z")
            await board.until(partial(lambda part: shown(board) == {part}, part))
        await board.press("escape")
        await board.until(lambda: shown(board) == {"list", "chart"})
        assert isinstance(board.app.screen, Replay)
        await board.press("escape")
        await board.until(lambda: not isinstance(board.app.screen, Replay))


async def test_the_border_moves_beside_the_chart_as_far_as_both_sides_stay_of_use(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    async with opened(path) as board:
        width, _ = list_size(board)
        await board.press("left_parenthesis")
        await board.until(lambda: list_size(board)[0] == width - 4)
        await board.press(*["left_parenthesis"] * 20)
        await board.until(lambda: list_size(board)[0] == 30)
        await board.press(*["right_parenthesis"] * 40)
        await board.until(lambda: pane(board).size.width == 40)
        assert "gradient b256" in board.text()
        await board.press("left_parenthesis")
        await board.until(lambda: list_size(board)[0] == 76)
    assert saved_view.load(path).list_width == pytest.approx(76 / 120)
    async with opened(path) as board:
        assert list_size(board)[0] == 76
    async with opened(path, (200, 50)) as board:
        assert list_size(board)[0] == round(200 * 76 / 120)


async def test_a_list_above_the_chart_is_no_taller_than_its_rows_and_moves_by_rows(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((name, defaults()) for name in ("one", "two", "three")))
    async with opened(path, (80, 24)) as board:
        assert list_size(board)[1] == 4
        assert pane(board).size.height == 16
        await board.press("right_parenthesis")
        await board.until(lambda: "The list shows all its runs already." in board.text())
        await board.press("left_parenthesis")
        await board.until(lambda: list_size(board)[1] == 3)
        await board.press("left_parenthesis")
        assert list_size(board)[1] == 3
    many = tmp_path / "many.db"
    with open_for_writing(many) as store:
        store.queue.add([defaults()] * 30)
    async with opened(many, (80, 24)) as board:
        height = list_size(board)[1]
        assert pane(board).size.height > height
        await board.press(*["right_parenthesis"] * 30)
        await board.until(lambda: pane(board).size.height == 6)
        assert list_size(board)[1] == 14


@pytest.mark.parametrize("size", [(120, 35), (80, 24)])
async def test_the_mouse_draws_the_border(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults()] * 30)
    async with opened(path, size) as board:
        at = pane(board).region.offset
        to = (at.x - 9, at.y + 5) if size[0] >= 100 else (at.x + 20, at.y - 3)
        await board.pilot.mouse_down(offset=(at.x, at.y))
        await board.pilot.hover(offset=to)
        await board.until(lambda: pane(board).region.offset != at)
        await board.pilot.mouse_up(offset=to)
        moved = pane(board).region.offset
        assert moved == ((to[0], at.y) if size[0] >= 100 else (at.x, to[1]))
        await board.pilot.hover(offset=(at.x, at.y))
        assert pane(board).region.offset == moved


async def test_the_grid_shows_the_marked_runs_by_every_metric_on_one_x_axis(tmp_path: Path) -> None:
    async with opened(measured(tmp_path / "runs.db"), (160, 45)) as board:
        await board.press("v", "v")
        await board.until(lambda: len(picture_of(board).panels) == 6)
        await board.until(lambda: all(panel.axes is not None for panel in picture_of(board).panels))
        panels = picture_of(board).panels
        assert {panel.metric for panel in panels} == set(GRID)
        assert {(present(panel.axes).x_low, present(panel.axes).x_high) for panel in panels} == {(0.0, 200.0)}
        assert all(f" {metric}" in board.text() for metric in GRID)
        lines = picture_of(board).to_text().splitlines()
        assert sum("● 1" in line for line in lines) == 1
        for panel in panels:
            cells = [
                line[panel.plot.left :][: panel.plot.width] for line in lines[panel.plot.top :][: panel.plot.height]
            ]
            assert any("●" in row for row in cells), panel.metric
            assert any("■" in row for row in cells), panel.metric


async def test_m_moves_the_focus_enter_enlarges_and_v_or_esc_bring_the_grid_back(tmp_path: Path) -> None:
    async with opened(measured(tmp_path / "runs.db"), (160, 45)) as board:
        await board.press("v", "v")
        seen = []
        for _ in GRID:
            await board.until(lambda: "▸" in board.text())
            seen.append(focused(board))
            await board.press("m")
        assert tuple(seen) == GRID
        await board.press("m", "enter")
        await board.until(lambda: " validation accuracy  ·  x: iteration" in board.text())
        assert picture_of(board).panels == ()
        await board.press("v")
        await board.until(lambda: "▸ validation accuracy" in board.text())
        await board.press("m", "enter")
        await board.until(lambda: " gradient norm (log)  ·  x: iteration" in board.text())
        await board.press("escape")
        await board.until(lambda: "▸ gradient norm" in board.text())
        await board.press("v")
        await board.until(lambda: "▸" not in board.text())
        assert board.app.choices.chart_options.layout == "together"


async def test_a_click_moves_the_focus_and_a_double_click_enlarges(tmp_path: Path) -> None:
    async with opened(measured(tmp_path / "runs.db"), (160, 45)) as board:
        await board.press("v", "v")
        await board.until(lambda: len(picture_of(board).panels) == 6)
        plot = next(panel.plot for panel in picture_of(board).panels if panel.metric == "step size")
        await board.pilot.click(ChartPane, offset=(plot.left + 3, plot.top + 1))
        await board.until(lambda: focused(board) == "step size")
        plot = next(panel.plot for panel in picture_of(board).panels if panel.metric == "validation accuracy")
        await board.pilot.click(ChartPane, offset=(plot.left + 3, plot.top), times=2)
        await board.until(lambda: " validation accuracy  ·  x: iteration" in board.text())
        assert [one.twice for one in board.all_of(MetricPointed)] == [False, False, True]


async def test_small_grids_keep_what_says_most_and_the_focus(tmp_path: Path) -> None:
    async with opened(measured(tmp_path / "runs.db"), (80, 24)) as board:
        await board.press("v", "v")
        await board.until(lambda: tuple(panel.metric for panel in picture_of(board).panels) == GRID)
        await board.pilot.resize_terminal(80, 20)
        await board.until(lambda: tuple(panel.metric for panel in picture_of(board).panels) == GRID[:4])
        await board.press("m", "m", "m", "m")
        await board.until(lambda: focused(board) == "loss")
        await board.pilot.resize_terminal(40, 12)
        await board.until(lambda: not picture_of(board).panels)  # no room for two: over each other
        await board.press("m", "Z")
        await board.until(lambda: [one.metric for one in picture_of(board).panels] == ["loss", "train loss"])


async def test_live_panels_without_the_focus_follow_twice_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.runs_screen.UPDATE_S", 0.2)
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("grows", defaults().changed(iterations=1000)), finish=False)
    async with opened(path, (160, 45)) as board:
        await board.press("v", "v")
        block = replace(block_of(losses(0.5, 300), first=200), gradient_norm=losses(0.3, 300))
        writer.write(block=block, evaluations=[Evaluation(400, "validation", 0.2, 0.5)])

        def latest(metric: str) -> str:
            (panel,) = (one for one in picture_of(board).panels if one.metric == metric)
            plot = panel.plot
            return picture_of(board).to_text().splitlines()[plot.top - 1][: plot.left + plot.width].split()[-1]

        await board.until(lambda: latest("validation accuracy") == "50.0%")
        await board.until(lambda: latest("gradient norm").startswith("0.01"))


async def test_a_replay_shows_the_grid_as_it_was_on_the_axes_that_it_will_have(tmp_path: Path) -> None:
    async with opened(measured(tmp_path / "runs.db"), (160, 45)) as board:
        await board.press("v", "v")
        await board.until(lambda: [one.axes is None for one in picture_of(board).panels] == [False] * 6)
        live = ranges(picture_of(board))
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "5")
        app: Dashboard = board.app
        await board.until(lambda: {run.iterations_done for run in app.snapshot.runs} == {100})
        await board.until(lambda: [one.axes is None for one in picture_of(board).panels] == [False] * 6)
        assert {int(present(one.visible.samples).iteration.max()) for one in app.snapshot.seen.values()} == {99}
        held = ranges(picture_of(board))
        assert held == live
        await board.press("m", "enter")
        await board.until(lambda: " validation accuracy  ·  x: iteration" in board.text())
        await board.press("escape")
        await board.until(lambda: "▸ validation accuracy" in board.text())
        assert isinstance(board.app.screen, Replay)


async def test_a_grid_is_full_as_soon_as_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.runs_screen.UPDATE_S", 60.0)  # panels without the focus may wait while runs grow
    async with opened(measured(tmp_path / "runs.db"), (160, 45)) as board:
        await board.press("v", "v")
        await board.until(lambda: [one.axes is None for one in picture_of(board).panels] == [False] * 6)
        assert "reading" not in board.text()
