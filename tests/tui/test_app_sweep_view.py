"""The sweep view: charts and table in every size, and the way to runs, to other values and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shutil import copy

import pytest

from engine.jobs.processes.launch import set_worker_count
from engine.jobs.worker import worker_loop
from engine.sweep import Axis, Halving, SweepPlan, amount_text
from engine.text import loss_text
from tests.presence import present
from tests.stores import query
from tests.tui.dashboards import Opened, opened, stored_runs
from tests.tui.sweeps import (
    BASE,
    PLAN,
    best_of,
    found,
    looking_at,
    outcome_of,
    queued,
    shows,
    table_of,
    values_of,
    view_of,
    without_workers,
    work,
)
from tui.model.messages import RunsQueued
from tui.model.sweep.sweep_messages import SweepStarted
from tui.screens.board import Board
from tui.screens.run_form import RunForm
from tui.screens.sweep_view import SweepView
from tui.text.numbers import value_label
from tui.widgets.chart_pane import ChartPane
from tui.widgets.picture_pane import PicturePane
from tui.widgets.sweep.table import SweepTable


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    without_workers(monkeypatch)


@pytest.fixture(scope="module")
def worked_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which PLAN has been worked off, to be copied."""
    path = queued(tmp_path_factory.mktemp("done") / "runs.db", PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


async def test_the_best_value_is_opened_used_and_refined(worked_off: Path, path: Path) -> None:
    copy(worked_off, path)
    async with looking_at(path) as board:
        view = view_of(board)
        best = present(present(view.seen.outcome).best)
        assert view.pointed is best
        await board.press("escape", "n", "left", "escape", "V")  # a draft from before
        await board.until(lambda: shows(board, 1))
        await board.press("U")
        await board.until(lambda: "begin with the settings of run" in board.text())
        await board.until(lambda: board.app.snapshot.default_spec is not None)
        await board.press("z")
        assert "around its best value" in board.text()
        await board.press("y")
        await board.until(lambda: board.all_of(SweepStarted))
        await board.until(lambda: shows(board, 2))
        await board.pilot.pause()
        assert "Sweep 2 refines sweep 1: a third as wide, around its best value." in board.text()
        assert "after sweep 1" in board.text()
        child = found(path, 2)
        assert child.plan.parent_id == 1
        low, high = present(child.plan.axes[0].ordered[0]), present(child.plan.axes[0].ordered[-1])
        assert (high / low) ** 3 == pytest.approx(1e8, rel=1e-3)
        assert low < present(best.values[0]) < high
        await board.press("circumflex_accent")
        await board.until(lambda: shows(board, 1))
        values = outcome_of(board).plan.axes[0].ordered
        next_value = values[values.index(best.values[0]) + 1]
        log_y = view_of(board).chart_options.log_y
        await board.press("y", "j", "enter")
        await board.until(lambda: board.app.choices.alone)
        assert isinstance(board.app.screen, Board)
        assert present(present(board.app.snapshot.run(board.app.choices.pointed)).spec).step_size == next_value
        await board.press("escape")  # one level back: to the sweep, as it was left
        await board.until(lambda: shows(board, 1))
        assert present(view_of(board).pointed).values == (next_value,)
        assert view_of(board).chart_options.log_y is not log_y
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
        assert not board.app.choices.alone
        await board.press("n")
        assert isinstance(board.app.screen, RunForm)
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    run = stored_runs(path)[0]
    assert run.spec == PLAN.spec.changed(step_size=best.values[0])


async def test_diverged_and_spread_and_race_are_told(path: Path) -> None:
    plan = SweepPlan(BASE, PLAN.axes, repeats=2, halving=Halving((15, 30), 0.5))
    await work(queued(path, plan))
    async with looking_at(path) as board:
        rows = table_of(board)
        text = board.text()
        assert "15: 5 → 3 up to" in text
        assert "30: 3 → 2 up to" in text
        assert any("dropped at rung 15" in row for row in rows)
        assert sum("dropped" not in row and "diverged" not in row for row in rows) == 2
        assert all(" … " in row for row in rows if "dropped" not in row and "diverged" not in row)
        assert [row.split()[6] for row in rows if "dropped at rung 15" in row] == ["15"]
        assert "⊘ stopped" in text
        await board.press("home", "p")
        await board.until(lambda: outcome_of(board).states.get("queued") == 2)
        await work(path)
        await board.until(lambda: not {"queued", "running"} & {*outcome_of(board).states})
        assert "dropped" not in table_of(board)[0]
        await board.press("p")
        assert "The runs of this value have ended" in board.text()


async def test_every_size_shows_what_it_can(worked_off: Path, path: Path) -> None:
    copy(worked_off, path)
    async with looking_at(path) as board:
        for size in ((200, 50), (80, 24), (60, 20), (40, 12), (30, 8)):
            await board.pilot.resize_terminal(*size)
            await board.until(partial(lambda size: board.app.size == size and "refine" in board.text(), size))
            shown = set()
            for _ in range(4):
                shown.add(board.text())
                await board.press("v")
            assert len(shown) >= 3
            await board.press("y", "home", "k", "j", "end")
            assert present(view_of(board).pointed).values == (1e4,)
        await board.pilot.resize_terminal(20, 5)
        await board.until(lambda: "too small" in board.text())


async def test_a_terminal_of_80_columns_has_ten_values_with_all_that_was_found(path: Path) -> None:
    values = (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 1e4)
    plan = SweepPlan(BASE, (Axis("step_size", values),), halving=Halving((2, 5, 10, 20, 40), 0.5))
    await work(queued(path, plan))
    async with looking_at(path, (80, 24)) as board:
        titles = ["step", "size", "train", "valid.", "acc.", "iterations"]
        assert titles in [row.split() for row in board.text().split("\n")]
        assert len(values_of(board)) == 10
        assert all("%" in row for row in table_of(board)[:9])
        assert not any("…" in row for row in table_of(board))
        assert any("new loss:" in row and row.rstrip().endswith("z refine") for row in board.text().split("\n"))
        assert "race, 1/2   2: 10 → 5   5: 5 → 3   10: 3 → 2   20: 2 → 1   40: 1 → 1" in board.text()


async def test_the_way_back_from_a_run_leads_to_its_value(worked_off: Path, path: Path) -> None:
    copy(worked_off, path)
    async with looking_at(path) as board:
        best = present(view_of(board).pointed).values
        await board.press("home", "enter")
        await board.until(lambda: isinstance(board.app.screen, Board))
        await board.press("V")
        await board.until(lambda: shows(board, 1))
        await board.until(lambda: present(view_of(board).pointed).values == (1e-4,))
        assert best != (1e-4,)


def test_the_time_left_is_that_of_whole_runs(tmp_path: Path) -> None:
    sizes = tuple(10.0**power for power in range(-4, 3))
    path = queued(
        tmp_path / "runs.db", SweepPlan(BASE.changed(iterations=1000, pace=100.0), (Axis("step_size", sizes),))
    )
    set_worker_count(path, 4)
    assert found(path, 1).left_s == 20.0


async def test_what_was_begun_is_not_told_any_more_when_it_is_done(path: Path) -> None:
    async with opened(path) as board:
        await board.press("s", *["left_square_bracket"] * 6, "enter")
        await board.until(lambda: "7 runs were queued" in board.text())
        await board.until(lambda: shows(board, 1))
        await work(path)
        await board.until(lambda: outcome_of(board).over)
        await board.until(lambda: "were queued" not in board.text())


async def test_a_saved_sweep_has_its_curves_and_the_loss_by_value(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await work(queued(path, SweepPlan(BASE, (Axis("step_size", (1e-4, 1e-2, 0.1)),))))
    async with looking_at(path) as board:
        await board.until(lambda: present(board.app.drawn()[1]).axes is not None)
        await board.press("E")
        await board.fill("file", "sweep.svg")
        await board.press("enter")
        await board.until(lambda: (tmp_path / "sweep.svg").exists() and "Saved" in board.text())
    words = (tmp_path / "sweep.svg").read_text()
    assert "train loss (log) against step size" in words
    assert all(f"step size {value}</text>" in words for value in ("1e-4", "0.01", "0.1"))


async def test_a_grid_is_a_heat_map_with_a_cursor(path: Path) -> None:
    axes = (Axis("step_size", (1e-4, 1e-2, 1.0)), Axis("batch_size", (8, 32)))
    await work(queued(path, SweepPlan(BASE, axes, name="[/nope]\x1b[31m red")))
    async with looking_at(path) as board:
        text = board.text()
        assert "[/nope] red" in text
        assert "\x1b" not in text
        assert "across: step size   up: batch size" in text
        assert "█" in text
        assert text.count("★") >= 2
        await board.press("home")
        assert present(view_of(board).pointed).values == (1e-4, 8)
        await board.press("l", "l", "l", "j", "h")
        assert present(view_of(board).pointed).values == (1e-2, 32)
        assert "‹" in board.text()


async def test_many_values_are_bounded_curves_and_a_list_that_scrolls(path: Path) -> None:
    values = tuple(round(0.001 * place, 3) for place in range(1, 41))
    plan = SweepPlan(BASE.changed(iterations=4), (Axis("step_size", values),))
    await work(queued(path, plan))
    async with looking_at(path, (200, 50)) as board:
        assert len(view_of(board).seen.drawn) == 26
        assert "26 of 40 curves" in board.text()
        await board.press("end")
        assert values_of(board)[-1] == "0.04"
        await board.press("home")
        assert values_of(board)[0] == "0.001"


BATCHES = SweepPlan(BASE.changed(iterations=150), (Axis("batch_size", (2, 16, 128, 512)),))


@pytest.fixture(scope="module")
def batches_worked_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which BATCHES has been worked off, to be copied."""
    path = queued(tmp_path_factory.mktemp("batches") / "runs.db", BATCHES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


def titles_of(board: Opened) -> tuple[str, str]:
    """What stands above the curves, and above the losses that the values lead to."""
    view = view_of(board)
    panes = view.query_one(ChartPane), view.query_one("#response", PicturePane)
    return panes[0].text().split("\n")[0], panes[1].text().split("\n")[0]


async def test_batch_sizes_are_compared_at_equal_examples_time_and_iterations(
    batches_worked_off: Path, path: Path
) -> None:
    copy(batches_worked_off, path)
    examples, time, iterations = found(path, 1).comparisons
    at = amount_text("time", time.amount)
    async with looking_at(path) as board:
        header = board.app.screen.query_one(SweepTable).text().split("\n")[0]
        for name in ("examples", "time", "at 300 examples", f"at {at}", "at 150 iterations"):
            assert name in header
        starred = {}
        known = [one for one in (examples, time, iterations) if not one.is_short]
        for comparison in known:
            best = f"★ {loss_text(min(loss for loss in comparison.losses if loss is not None))}"
            [row] = [row for row in table_of(board) if best in row]
            starred[comparison.equal] = row.split()[2]
        assert starred == {one.equal: str(best_of(one)) for one in known}
        stored = query(path, "SELECT min(loss) FROM evaluations WHERE split = 'train' AND iteration = 150")
        assert f"★ {loss_text(stored[0][0])}" in board.text()
        assert best_of(examples) < best_of(iterations)
        assert f"{best_of(examples)} at 300 examples" in board.text()
        assert ("time: too short" if time.is_short else f"{best_of(time)} at {at}") in board.text()
        assert f"{best_of(iterations)} at 150 iterations" in board.text()
        await board.pilot.resize_terminal(80, 24)
        await board.until(lambda: board.app.size == (80, 24) and "★ equal" in table_of(board)[0] + table_of(board)[-1])
        [row] = [row for row in table_of(board) if "equal examples" in row]
        assert row.split()[2] == str(best_of(examples))
        [row] = [row for row in table_of(board) if "iterations" in row]
        assert row.split()[2] == str(best_of(iterations))


async def test_the_sweep_is_looked_at_with_the_keys_of_the_board(batches_worked_off: Path, path: Path) -> None:
    copy(batches_worked_off, path)
    async with looking_at(path) as board:
        at = amount_text("time", found(path, 1).comparisons[1].amount)
        chart, response = titles_of(board)
        assert "train loss (log)" in chart
        assert "x: examples seen (log)" in chart
        assert "train loss (log) at 300 examples against batch size" in response
        await board.press("x", "x", "X")
        chart, response = titles_of(board)
        assert "x: iteration " in chart
        assert "at 150 iterations" in response
        await board.press("x")
        chart, response = titles_of(board)
        assert "x: time" in chart
        assert f"at {at}" in response
        assert view_of(board).chart_options.metric == "train loss"
        await board.press("less_than_sign")
        assert "nothing here is one of them" in board.text()
        while view_of(board).chart_options.metric != "gradient norm":
            await board.press("m")
        await board.until(lambda: any(one.visible.samples for one in view_of(board).seen.drawn.values()))
        await board.pilot.pause()
        assert "gradient norm" in titles_of(board)[0]
        assert any("\u2801" <= sign <= "\u28ff" for sign in view_of(board).query_one(ChartPane).text())
        await board.press("plus")
        await board.until(lambda: view_of(board).seen.chart_options.window is not None)
        low, _ = present(view_of(board).chart_options.window)
        await board.press("l")
        assert present(view_of(board).chart_options.window)[0] > low
        await board.press("0")
        assert view_of(board).chart_options.window is None


async def test_the_smoothing_is_told_and_can_be_taken_away(worked_off: Path, path: Path) -> None:
    copy(worked_off, path)
    async with looking_at(path) as board:
        chart, _ = titles_of(board)
        assert "loss (log)" in chart
        assert "smoothing 20" in chart
        picture = view_of(board).query_one(ChartPane).text()
        await board.press("less_than_sign", "less_than_sign", "less_than_sign")
        assert "smoothing 2" in titles_of(board)[0]
        await board.press("less_than_sign")
        assert view_of(board).chart_options.smoothing == 0
        assert "smoothing 2" not in titles_of(board)[0]
        assert view_of(board).query_one(ChartPane).text() != picture
        await board.press(*["greater_than_sign"] * 5)
        assert "smoothing 50" in titles_of(board)[0]
        await board.press("y")
        assert "(log)" not in "".join(titles_of(board))


async def test_a_click_on_the_curves_reads_every_value_there_as_on_the_board(worked_off: Path, path: Path) -> None:
    copy(worked_off, path)
    async with looking_at(path) as board:
        view, pane = view_of(board), board.app.screen.query_one(ChartPane)
        plot = present(pane.picture).plot
        await board.pilot.click(ChartPane, offset=(plot.left + 20, plot.top + 2))
        await board.until(lambda: view.chart_options.cursor is not None)
        assert "readout" in pane.text().splitlines()[0]
        best = present(present(view.seen.outcome).best)
        below = pane.text().splitlines()[plot.top + present(pane.picture).plot.height :]
        assert value_label(best.values[0]) in " ".join(below).split()
        before = view.chart_options.cursor
        await board.press("h")
        await board.until(lambda: present(view.chart_options.cursor) < present(before))
        await board.press("escape")
        assert view.chart_options.cursor is None
        assert isinstance(board.app.screen, SweepView)
        await board.press("c")
        assert view.chart_options.cursor is not None


async def test_a_title_is_never_cut_within_a_word(worked_off: Path, path: Path) -> None:
    copy(worked_off, path)
    async with looking_at(path) as board:
        for width in (120, 100, 80, 60, 50):
            await board.pilot.resize_terminal(width, 30)
            await board.until(partial(lambda width: board.app.size.width == width, width))
            title = board.text().split("\n")[1]
            assert title.rstrip().endswith("done")
            assert "step size" in title
            assert title.count("…") == title.count("1e-4 … 10000")


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (40, 12)])
async def test_charts_or_table_have_the_whole_room(worked_off: Path, path: Path, size: tuple[int, int]) -> None:
    copy(worked_off, path)
    async with looking_at(path, size) as board:
        screen = view_of(board)
        for charts, table in ((True, False), (False, True)):
            await board.press("Z")
            await board.until(partial(lambda charts: screen.query_one("#charts").display == charts, charts))
            assert screen.query_one(SweepTable).display == table
        await board.press("escape")
        assert isinstance(board.app.screen, SweepView)
        await board.press("Z", "Z", "Z")
        await board.until(lambda: screen.query_one(SweepTable).display)
        await board.press("escape")
        await board.until(lambda: isinstance(board.app.screen, Board))
