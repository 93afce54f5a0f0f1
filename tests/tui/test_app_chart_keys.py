"""The chart's keys: how it is looked at, zoomed, moved and read."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from engine.spec import defaults
from tests.presence import present
from tests.stores import block_of
from tests.tui.dashboards import Opened, losses, opened, raced, store_with
from tui.chart.values.metrics import METRICS
from tui.model.chart_options import ChartOptions
from tui.model.messages import ChoicesChanged
from tui.widgets.chart_pane import ChartPane

NAMES = tuple(METRICS)


def chart_options(board: Opened) -> ChartOptions:
    return board.all_of(ChoicesChanged)[-1].choices.chart_options


async def test_layout_metrics_axes_and_smoothing(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db"), (140, 40)) as board:
        await board.press("v")
        assert chart_options(board).layout == "runs"
        assert board.text().count("gradient b256") >= 2
        assert "■" not in board.text().splitlines()[-4]
        await board.press("v", "v")
        assert chart_options(board).layout == "together"
        seen = []
        for metric in (*NAMES[1:], NAMES[0]):
            await board.press("m")
            seen.append(chart_options(board).metric)
            await board.until(partial(lambda metric: f" {metric}" in board.text(), metric))
        assert seen == [*NAMES[1:], "loss"]
        await board.press("X")
        assert chart_options(board).log_x
        assert "x: iteration (log)" in board.text()
        assert "·  smoothing 20" in board.text()
        await board.press("X", "greater_than_sign", "greater_than_sign")
        assert chart_options(board).smoothing == 100.0
        assert "smoothing 100" in board.text()
        await board.press(*["less_than_sign"] * 6)
        assert chart_options(board).smoothing == 0.0
        assert "·  raw" in board.text()


async def test_a_key_that_does_nothing_for_the_shown_metric_says_so(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("m", "m", "m", "y")
        assert board.app.choices.chart_options.log_y
        assert "The axis of the validation accuracy is always linear." in board.text()
        await board.press("greater_than_sign")
        assert "Smoothing 50 is for the losses of mini-batches; nothing here is one of them." in board.text()
        assert "·  smoothing" not in board.text()
        await board.press("m", "m", "m", "y")
        assert "The axis of the step size is always logarithmic." in board.text()
        await board.press("m")
        assert "always" not in board.text()
        assert "data loss (log)  ·  x: iteration  ·  smoothing 50" in board.text()


async def test_zoom_pan_and_back(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("long", defaults().changed(iterations=200)))
    async with opened(path) as board:
        await board.press("plus")
        low, high = present(chart_options(board).window)
        assert high - low == pytest.approx(100)
        assert high == pytest.approx(200)
        await board.until(lambda: board.app.snapshot.seen[1].curve.iteration[0] == 0)
        await board.press("h")
        assert present(chart_options(board).window)[0] == pytest.approx(75)
        assert not chart_options(board).following
        assert "zoomed · 0 all" in board.text()
        await board.press("right", "w")
        assert chart_options(board).following
        await board.press("minus")
        assert chart_options(board).window is None
        await board.press("plus", "plus", "0")
        assert chart_options(board).window is None


async def test_the_readout_tells_every_value_at_a_line_that_moves(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("c")
        end = chart_options(board).cursor
        assert end == max(run.iterations_done for run in board.app.snapshot.runs)
        assert "readout" in board.text()
        assert re.search(r"▲ 0\.4\d+ +3 gradient", board.text())
        await board.press("h", "left")
        assert present(chart_options(board).cursor) < end
        await board.press("l", "right")
        assert chart_options(board).cursor == pytest.approx(end)
        await board.pilot.hover("ChartPane", offset=(30, 10))
        await board.until(lambda: present(chart_options(board).cursor) < end / 2)
        await board.press("escape")
        assert chart_options(board).cursor is None


async def test_a_zoomed_chart_follows_the_newest_iterations(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("grows", defaults().changed(iterations=10_000)), finish=False)
    async with opened(path) as board:
        await board.press(*["plus"] * 6)
        before = present(chart_options(board).window)
        writer.write(block_of(losses(0.5, 400), first=200))
        await board.until(lambda: present(board.app.choices.chart_options.window)[0] > before[0])
        assert present(board.app.choices.chart_options.window)[1] > 600


async def test_a_window_that_is_being_read_stays_and_goes_on_following_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("grows", defaults().changed(iterations=10_000)), finish=False)
    async with opened(path) as board:
        await board.press(*["plus"] * 6, "c")
        read = chart_options(board)
        writer.write(block_of(losses(0.5, 400), first=200))
        await board.until(lambda: present(board.app.snapshot.run(1)).iterations_done == 600)
        assert board.app.choices.chart_options == read
        await board.press("c")
        await board.until(lambda: present(board.app.choices.chart_options.window)[1] > 600)


async def test_panning_past_the_newest_iterations_stays_there_until_they_are_followed_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("grows", defaults().changed(iterations=10_000)), finish=False)
    async with opened(path) as board:
        await board.press("0", "plus", "plus", "plus", "l")
        beyond = present(chart_options(board).window)
        assert beyond[0] > 200
        writer.write(block_of(losses(0.5, 10), first=200))
        await board.until(lambda: present(board.app.snapshot.run(1)).iterations_done == 210)
        assert board.app.choices.chart_options.window == beyond
        assert "zoomed · 0 all" in board.text()
        await board.press("w")
        writer.write(block_of(losses(0.5, 10), first=210))
        await board.until(lambda: present(board.app.choices.chart_options.window)[0] < 220)


def test_panning_towards_the_newest_iterations_goes_on_following() -> None:
    followed = ChartOptions(window=(100.0, 200.0))
    assert followed.panned(0.5, (0.0, 1000.0), 180.0).following
    assert not followed.panned(0.5, (0.0, 1000.0), 140.0).following
    assert followed.panned(0.5, (0.0, 1000.0)).following
    assert not followed.panned(-0.5, (0.0, 1000.0), 180.0).following


async def test_a_window_of_a_long_run_is_read_closely(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    (writer,) = store_with(path, ("long", defaults().changed(iterations=100_000)), finish=False)
    for first in range(200, 100_000, 19_960):
        writer.write(block_of(losses(0.5, 19_960), first=first))
    async with opened(path) as board:
        assert board.app.snapshot.seen[1].curve.width > 16
        await board.press(*["plus"] * 8)
        await board.until(lambda: board.app.snapshot.seen[1].curve.width == 1)
        assert len(board.app.snapshot.seen[1].curve.iteration) < 1000


async def test_the_wheel_zooms_where_the_mouse_is(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        pane = board.app.screen.query_one(ChartPane)
        pane._scrolled(2.0, 20)
        await board.until(lambda: board.all_of(ChoicesChanged))
        low, high = present(chart_options(board).window)
        assert low < 40
        assert high - low == pytest.approx(100)


@pytest.mark.parametrize("keys", ["", "X", "x", "xX", "xx", "xxX"])
async def test_the_wheel_keeps_what_is_under_the_mouse_in_its_place(tmp_path: Path, keys: str) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press(*keys)
        pane = board.app.screen.query_one(ChartPane)
        under = present(present(pane.picture).x_at(40))
        pane._scrolled(2.0, 40)
        await board.until(lambda: board.app.choices.chart_options.window is not None)
        await board.until(lambda: "zoomed" in board.text())
        assert abs(present(present(pane.picture).column_at(under)) - 40) <= 1


async def test_keys_that_arrive_in_one_bunch_all_count(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        for key in ("v", "v", "v", "y", "m", "j", "j", "greater_than_sign", "c"):
            board.app.simulate_key(key)
        await board.until(lambda: board.app.choices.chart_options.cursor is not None)
        choices = board.app.choices
        assert (choices.chart_options.layout, choices.chart_options.log_y, choices.chart_options.metric) == (
            "together",
            False,
            NAMES[1],
        )
        assert (choices.pointed, choices.chart_options.smoothing) == (1, 50.0)


async def test_the_run_under_the_cursor_is_drawn_marked_or_not_and_its_raw_values_behind_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("space", "j", "space", "k")
        assert board.app.choices.marked == (1,)
        view = board.app.screen.query_one(ChartPane)._view
        assert [(run.run_id, run.emphasised, run.raw) for run in view.runs] == [(1, False, False), (3, True, True)]
        await board.press("j")
        view = board.app.screen.query_one(ChartPane)._view
        assert [(run.run_id, run.emphasised) for run in view.runs] == [(1, False), (2, True)]
        for told, raw in (
            ("behind all runs", [True, True]),
            ("behind no run", None),
            ("the cursor's run only", [False, True]),
        ):
            await board.press("tilde")
            assert told in board.text()
            view = board.app.screen.query_one(ChartPane)._view
            assert view.show_raw == (raw is not None)
            assert raw is None or [run.raw for run in view.runs] == raw
        for told in ("as their mean, with a band", "with its 95 % confidence interval", "each with its own curve"):
            await board.press("S")
            assert told in " ".join(board.text().split())


async def test_the_y_axis_is_looked_at_closer_and_fitted_again(tmp_path: Path) -> None:
    def shown() -> tuple[float, float]:
        axes = present(present(board.app.screen.query_one(ChartPane).picture).axes)
        return axes.y_low, axes.y_high

    async with opened(raced(tmp_path / "runs.db"), (160, 40)) as board:
        fitting = shown()
        await board.press("K")
        low, high = shown()
        assert fitting[0] < low < high < fitting[1]
        assert low * high == pytest.approx(fitting[0] * fitting[1])
        assert "y zoomed · = fits" in board.text()
        await board.press("plus")
        assert "zoomed · 0 all · = fits y" in board.text()
        assert shown() == (low, high)
        await board.press("0", "J")
        assert shown() == pytest.approx(fitting)
        await board.press("equals_sign")
        assert chart_options(board).y_window is None
        await board.press("K", "m")
        assert chart_options(board).y_window is None


async def test_losses_of_different_objectives_are_said_to_be_different(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("one", defaults()), ("other", defaults().changed(regularization_strength=0.1)))
    async with opened(path, (140, 40)) as board:
        assert "different objectives" in board.text()
        await board.press("m", "m", "m")
        assert "validation accuracy" in board.text()
        assert "different objectives" not in board.text()


async def test_losses_on_different_data_are_said_to_be_different(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    spiral = defaults().changed(dataset="spiral")
    store_with(path, ("one", defaults()), ("other", spiral))
    async with opened(path, (140, 40)) as board:
        assert "different data sets" in board.text()
    both = tmp_path / "both.db"
    store_with(both, ("one", defaults()), ("other", spiral.changed(regularization_strength=0.1)))
    async with opened(both, (140, 40)) as board:
        assert "different objectives and data sets" in board.text()
