"""The metrics of logged runs by name: which are drawn, in which order, at which moment, and what stands for a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.spec import defaults
from engine.store import LoggedWriter, Measured, Store, open_for_writing
from tests.presence import present
from tests.stores import begun, block_of, claimed_writer, measured, news, query
from tests.tui.dashboards import opened
from tests.tui.moments import at
from tui.chart import ChartView, draw, readout
from tui.chart.values.metrics import METRICS
from tui.chart.values.view import Axes, XKind
from tui.model.chart_options import ChartOptions, Layout
from tui.model.choices import Choices
from tui.model.metrics.of_runs import RunMetrics
from tui.model.metrics.order import stepped
from tui.model.run_seen import RunSeen
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view, metrics_drawn
from tui.reading.feed import Source
from tui.start.cli import group

STEPS = np.arange(5000)
TRAIN = 2 + np.cos(STEPS / 300)
HOSTILE = 'x\')\x1b[31m{"b"}'


def write(writer: LoggedWriter, values: dict[str, np.ndarray], every: dict[str, int], first: int = 0) -> None:
    """Values of metrics by name, from step `first` on, each so many steps apart."""
    batch = {}
    for name, value in values.items():
        step = np.arange(first, first + len(value))[:: every.get(name, 1)]
        batch[name] = Measured(step, step * 1000, value[:: every.get(name, 1)])
    writer.write(batch, news(received=first, elapsed_s=float(first + 1)))


def filled(store: Store) -> None:
    """A run of the engine, and one of a program that logs more."""
    claimed_writer(store, defaults()).write(block_of(np.linspace(2, 1, 300)))
    values = {
        "train/loss": TRAIN,
        "val/loss": TRAIN + 0.5,
        "acc": STEPS / 10_000,
        "lr": np.full(5000, 1e-3),
        "gradient_norm": TRAIN,
        "drift": np.sin(STEPS / 100),
        HOSTILE: TRAIN,
    }
    write(begun(store), values, {"val/loss": 100, HOSTILE: 1000})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that tests only read."""
    path = tmp_path_factory.mktemp("logged") / "runs.db"
    with open_for_writing(path) as store:
        filled(store)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_for_writing(tmp_path / "runs.db") as store:
        filled(store)
        yield store


def view_of(
    path: Path, *run_ids: int, metric: str = "loss", layout: Layout = "together", x_kind: XKind = "iteration"
) -> ChartView:
    source = Source(path)
    chart_options = ChartOptions(metric=metric, layout=layout, x_kind=x_kind)
    choices = Choices(marked=run_ids, pointed=run_ids[0], chart_options=chart_options, considered_to=99)
    view = chart_view(present(source.read(ReadRequest(choices, 60))), choices)
    source.close()
    return view


def axes_of(view: ChartView) -> Axes:
    return present(draw(view, 100, 30).axes)


def test_each_metric_is_drawn_once_a_pair_as_one_and_the_engine_beside(kept: Path) -> None:
    source = Source(kept)
    choices = Choices(marked=(1, 2), pointed=1)
    snapshot = present(source.read(ReadRequest(choices, 60)))
    cleaned = next(name for name in snapshot.of(2).logged.by_name if name.startswith("x'"))
    assert "\x1b" not in cleaned
    assert stepped(metrics_drawn(snapshot, choices)) == (*METRICS, "train/loss", "acc", "lr", "drift", cleaned)
    source.close()
    loss = view_of(kept, 1, 2)
    assert [run.metric for run in loss.runs] == ["", "train/loss"]
    assert (loss.metric, loss.companion_name) == ("loss", "val/loss")
    assert loss.runs[1].label.endswith(" · train/loss")
    norms = view_of(kept, 1, 2, metric="gradient norm")
    assert len(present(norms.runs[1].curve).iteration) > 0
    alone = view_of(kept, 2)
    assert (alone.metric, alone.companion_name, alone.runs[0].metric) == ("train/loss", "val/loss", "")
    text = draw(alone, 100, 30).to_text()
    assert "train/loss (log)" in text
    assert "┄ val/loss" in text
    (reading,) = readout(alone, 4999)
    assert reading.companion == pytest.approx(TRAIN[4900] + 0.5)


def test_the_key_steps_over_a_pair_once_and_over_no_metric_that_some_run_has_alone() -> None:
    names = ("lr", "val_loss", "loss", "accuracy", "val_accuracy")
    both, held_out = RunMetrics(names, names, "loss"), RunMetrics(("val_loss",), ("val_loss",), "val_loss")
    assert stepped([both]) == ("loss", "accuracy", "lr")
    assert stepped([both, held_out]) == ("loss", "val_loss", "accuracy", "lr")
    assert stepped([]) == tuple(METRICS)


def test_a_name_decides_the_axis(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    found = {name: axes_of(view_of(path, 2, metric=name)) for name in ("acc", "lr", "drift", "train/loss")}
    assert {name: (axes.log_y, axes.percent) for name, axes in found.items()} == {
        "acc": (False, True), "lr": (True, False), "drift": (False, False), "train/loss": (True, False),
    }  # fmt: skip
    begun(store).write({"acc": measured([(5000, 70.0)])}, news(received=5000, elapsed_s=9e3))
    assert not axes_of(view_of(path, 2, metric="acc")).percent


def test_a_chart_of_a_metric_that_no_run_has_says_what_there_is(kept: Path) -> None:
    text = " ".join(draw(view_of(kept, 2, metric="bleu"), 200, 20).to_text().split())
    assert "no bleu recorded of this run; m shows train/loss, acc, lr, drift, x'" in text


def test_runs_without_a_metric_take_no_place_in_its_chart(store: Store, tmp_path: Path) -> None:
    for name in ("reward", "drift"):
        begun(store, f"s of {name}").end("finished", "", {name: measured([(0, 1.0), (1, 2.0)])}, news())
    begun(store, "may have it yet").write({"reward": measured([(0, 1.0)])}, news())
    view = view_of(tmp_path / "runs.db", 1, 2, 3, 4, 5, metric="drift")
    assert ([run.run_id for run in view.runs], view.caution) == ([2, 4, 5], "2 runs without it")
    losses = view_of(tmp_path / "runs.db", 1, 2, 3)
    assert ([run.run_id for run in losses.runs], losses.caution) == ([1, 2, 3], "other metric: 3")


def test_on_an_axis_of_what_a_step_uses_a_program_has_no_place(kept: Path) -> None:
    views = [view_of(kept, 1, 2, x_kind="examples"), view_of(kept, 1, 2, x_kind="evaluations")]
    assert [view.caution for view in views] == ["unknown examples: 2", "unknown losses: 2"]
    assert [[run.run_id for run in view.runs] for view in views] == [[1], [1]]


async def test_of_runs_of_programs_x_steps_over_axes_of_what_a_step_uses(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        begun(store).write({"loss": measured([(0, 2.0), (1, 1.0)])}, news())
    async with opened(tmp_path / "runs.db") as board:
        await board.until(lambda: board.app.choices.drawn == (1,))
        seen = []
        for _ in range(3):
            await board.press("x")
            seen.append(board.app.choices.chart_options.x_kind)
    assert seen == ["time", "iteration", "time"]


def test_the_grid_has_what_was_logged_and_what_the_engine_records(kept: Path) -> None:
    names = [panel.metric for panel in view_of(kept, 1, 2, layout="measures").panels]
    assert len(names) == len(set(names)) == 9
    assert {"loss", "validation accuracy", "gradient norm", "acc", "lr", "drift"} <= set(names)
    assert "train/loss" not in names  # the panel of the loss shows it


def test_runs_whose_configs_differ_in_the_seed_alone_are_drawn_as_their_mean(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        for seed, rate in ((1, 0.1), (2, 0.1), (3, 0.5)):
            writer = begun(store, f"s{seed}", config=f'{{"seed": {seed}, "lr": {rate}}}')
            writer.write({"acc": measured([(step, seed / 10) for step in range(5)])}, news())
    source = Source(tmp_path / "runs.db")
    choices = Choices(marked=(1, 2, 3), pointed=1, chart_options=ChartOptions(metric="acc", seeds="range"))
    view = chart_view(present(source.read(ReadRequest(choices, 60))), choices)
    source.close()
    assert [[member.run_id for member in run.members] for run in view.runs] == [[1, 2], []]
    assert sorted(present(reading.value) for reading in readout(view, 4)) == [pytest.approx(0.15), pytest.approx(0.3)]


@pytest.mark.parametrize("done", [1, 777, 4321])
@pytest.mark.parametrize("name", ["train/loss", "val/loss", "acc"])
def test_a_moment_holds_nothing_of_a_metric_that_came_after_it(kept: Path, name: str, done: int) -> None:
    part = at(kept, done, 2, metric=name).of(2).visible.logged[name]
    values = {"train/loss": TRAIN, "val/loss": np.where(STEPS % 100, np.nan, TRAIN + 0.5), "acc": STEPS / 10_000}[name]
    seen, there = int(part.curve.count.sum()), int(np.isfinite(values[:done]).sum())
    assert 0.95 * there <= seen <= there
    assert np.nanmax(part.curve.high) <= np.nanmax(values[:done])
    assert np.nanmin(part.curve.low) >= np.nanmin(values[:done])


def test_what_is_read_while_a_metric_grows_is_what_one_read_gives(tmp_path: Path) -> None:
    path, random = tmp_path / "runs.db", np.random.default_rng(0)
    with open_for_writing(path) as store:
        writer, source, first = begun(store), Source(path), 0
        choices = Choices(marked=(1,), pointed=1, chart_options=ChartOptions(layout="measures"))
        request = ReadRequest(choices, 30)
        for count in (1, 3, 100, 100, 900, 2000, 7, 1500):
            values = {name: random.random(count) for name in ("loss", "val_loss", "acc", "lr")}
            write(writer, values, {"val_loss": 10}, first)
            first += count
            same_as_one_read(present(source.read(request)).of(1), path, request)
        writer.write({"acc": measured([(5, -3.0)])}, news(received=first, elapsed_s=1e4))
        late = present(source.read(request)).of(1)
        assert late.visible.logged["acc"].curve.low.min() == -3.0
        same_as_one_read(late, path, request)
        source.close()


def same_as_one_read(seen: RunSeen, path: Path, request: ReadRequest) -> None:
    source = Source(path)
    whole = present(source.read(request)).of(1)
    source.close()
    assert seen.visible.logged.keys() == whole.visible.logged.keys() == {"loss", "val_loss", "acc", "lr"}
    for name, part in whole.visible.logged.items():
        grown = seen.visible.logged[name].curve
        for column in ("iteration", "elapsed_s", "count", "low", "high", "mean", "last"):
            np.testing.assert_array_equal(getattr(grown, column), getattr(part.curve, column), f"{name} {column}")


async def test_a_metric_is_picked_from_a_list_and_chosen_to_stand_for_its_run(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with opened(path, (110, 34)) as board:
        await board.press("m")
        await board.until(lambda: "train/loss            ┄ val/loss · run 2 · main metric of 2" in board.text())
        assert "\x1b" not in board.text()
        await board.press(*"acc", "enter")
        await board.until(lambda: " acc  ·" in board.text())
        assert board.app.choices.chart_options.metric == "acc"
        await board.press("m", *"x'", "enter")
        await board.until(lambda: board.app.choices.chart_options.metric.startswith("x'"))
        await board.press("m", *"acc", "asterisk")
        await board.until(lambda: "acc is the main metric of run 2. u undoes." in board.text())
        chosen = "SELECT primary_metric, round(current_loss, 4) FROM runs WHERE run_id = 2"
        assert query(path, chosen) == [("acc", 0.4999)]
        begun(store).write({"acc": measured([(5000, 0.9)])}, news(received=5000, elapsed_s=9e3))
        assert query(path, chosen) == [("acc", 0.9)]
        await board.until(lambda: board.app.snapshot.of(2).whole.last[-1] == 0.9)
        await board.press("u")
        await board.until(lambda: "The main metric of run 2 is what it was." in board.text())
        assert query(path, chosen) == [("", round(TRAIN[-1], 4))]


def test_any_metric_is_printed(kept: Path) -> None:
    def plotted(*words: str) -> str:
        found = CliRunner().invoke(group(), ["--db", str(kept), "plot", "2", *words])
        assert found.exit_code == (2 if "val/lss" in words else 0), found.output
        return found.output

    (line, second) = json.loads(plotted("--metric", "train/loss", "--json"))["lines"]
    assert (line["kind"], second["kind"], len(second["points"])) == ("train/loss", "val/loss", 50)
    assert second["points"][-1] == [4900, pytest.approx(TRAIN[4900] + 0.5)]
    assert " acc  ·  x: iteration" in plotted("--metric", "acc")
    assert "'val/lss' is not a metric; did you mean val/loss?" in plotted("--metric", "val/lss")
