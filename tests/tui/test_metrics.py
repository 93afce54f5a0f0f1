"""The table of metrics: each row is complete, and pages and panels name only what is in it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from engine.spec import defaults
from engine.store import Evaluation
from engine.trace.curve import Samples
from tests.tui.chart_curves import decimated
from tests.tui.test_run_details import run_of
from tui.chart import draw, readout
from tui.chart.values.metrics import GRID, METRICS, evaluation_beside
from tui.chart.values.view import X_KINDS, XKind
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.run_seen import RunSeen, VisiblePart
from tui.model.snapshot import Snapshot
from tui.presenting.curves import chart_view

VALUES = np.linspace(0.9, 0.1, 40)
EVALUATIONS = tuple(
    Evaluation(iteration, split, 0.5, 0.5) for iteration in (0, 20, 40) for split in ("train", "validation", "test")
)


@pytest.mark.parametrize("name", METRICS)
def test_a_row_of_the_table_is_all_that_a_metric_needs(name: str) -> None:
    curve = decimated(VALUES.tolist())
    samples = Samples(np.arange(40), curve.elapsed_s, 2 * VALUES, VALUES, VALUES, VALUES)
    seen = RunSeen(curve, VisiblePart(curve, samples=samples), EVALUATIONS)
    run = run_of(1, defaults(), iterations_done=40)
    choices = Choices(marked=(1,), slots={1: 0}, pointed=1, chart_options=ChartOptions(metric=name))
    view = chart_view(Snapshot(rows=(run,), runs=(run,), seen={1: seen}), choices)
    picture = draw(view, 80, 20)
    assert picture.axes is not None
    assert name in picture.to_text()


@pytest.mark.parametrize(("name", "times"), [("data loss", 1), ("regularization loss", 2)])
def test_the_parts_of_a_loss_are_drawn_apart(name: str, times: int) -> None:
    curve = decimated(VALUES.tolist())
    samples = Samples(np.arange(40), curve.elapsed_s, 3 * VALUES, VALUES, VALUES, VALUES)
    seen = RunSeen(curve, VisiblePart(curve, samples=samples), EVALUATIONS)
    run = run_of(1, defaults().changed(batch_size=None), iterations_done=40)
    choices = Choices(marked=(1,), slots={1: 0}, pointed=1, chart_options=ChartOptions(metric=name))
    view = chart_view(Snapshot(rows=(run,), runs=(run,), seen={1: seen}), choices)
    assert readout(view, 30)[0].value == pytest.approx(times * VALUES[30])


def test_what_is_beside_a_metric_and_in_the_grid_are_metrics_too() -> None:
    assert set(GRID) <= set(METRICS)
    assert {name for name, metric in METRICS.items() if evaluation_beside(metric)} == {"train loss"}


def test_the_page_names_every_metric_in_the_order_of_its_key() -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text()
    row = re.search(r"^\| `m` \| y axis: (.*?);", page, re.MULTILINE)
    assert row is not None
    assert row[1].split(", ") == list(METRICS)


@pytest.mark.parametrize("x_kind", X_KINDS)
def test_a_pace_tells_curves_apart_by_time_alone(x_kind: XKind) -> None:
    runs = tuple(
        run_of(n, defaults().changed(batch_size=size, pace=pace), name=name)
        for n, size, pace, name in ((1, 64, None, ""), (2, 128, 100.0, ""), (3, 128, 100.0, "mine"))
    )
    for marked in ((1, 2), (1, 2, 3)):
        choices = Choices(marked=marked, pointed=1, chart_options=ChartOptions(x_kind=x_kind))
        drawn = chart_view(Snapshot(rows=runs, runs=runs), choices).runs
        named = {name for run in drawn for name, _ in run.settings}
        assert ("pace" in named) == (x_kind == "time")
        assert ("batch size" in named) == (3 in marked)
