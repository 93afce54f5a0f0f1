"""Points: a number that was not finite is told from one that was never recorded."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.spec import RunSpec, defaults
from tests.tui.dashboards import store_with
from tui.chart import draw, readout
from tui.chart.values.view import ChartView
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view
from tui.reading.feed import Source


def view(path: Path, spec: RunSpec, metric: str) -> ChartView:
    store_with(path, ("1", spec))
    source = Source(path)
    choices = Choices(marked=(1,), slots={1: 0}, considered_to=1, pointed=1, chart_options=ChartOptions(metric=metric))
    read = source.read(ReadRequest(choices))
    source.close()
    assert read is not None
    return chart_view(read, choices)


@pytest.mark.parametrize(
    ("spec", "metric"),
    [
        (defaults("random-search"), "gradient norm"),
        (defaults("local-search"), "gradient norm"),
        (defaults("random-search"), "step size"),
        (defaults().changed(metrics="loss"), "gradient norm"),
        (defaults().changed(metrics="loss"), "step size"),
    ],
)
def test_what_a_run_does_not_record_is_no_sign_of_divergence(tmp_path: Path, spec: RunSpec, metric: str) -> None:
    shown = view(tmp_path / "runs.db", spec, metric)
    assert readout(shown, 100)[0].value is None
    text = draw(shown, 80, 20).to_text()
    assert "✗" not in text
    assert f"no {metric} recorded of this run" in text


def test_a_norm_that_was_not_finite_is_a_gap_with_a_sign(tmp_path: Path) -> None:
    shown = view(tmp_path / "runs.db", defaults(), "gradient norm")
    assert math.isnan(readout(shown, 100)[0].value or 0.0)
    assert "✗" in draw(shown, 80, 20).to_text()
