"""Beginnings: on a logarithmic x axis the first iterations of a long run are what they were, not the mean of many."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.spec import defaults
from engine.store import Reader, open_for_writing
from engine.trace.curve import Curve
from tests.presence import present
from tests.stores import block_of, claimed_writer
from tui.chart import ChartView, draw, readout
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.clock import Moment
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view
from tui.reading.curves.log_x_detail import log_x_detail
from tui.reading.feed import Source

LENGTH = 70_000
LOSSES = 9.0 / (1 + np.arange(LENGTH)) + np.random.default_rng(0).uniform(0.1, 0.2, LENGTH)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("beginnings") / "runs.db"
    with open_for_writing(path) as store:
        writer = claimed_writer(store, defaults().changed(iterations=LENGTH))
        for first in range(0, LENGTH, 10_000):
            losses = LOSSES[first : first + 10_000]
            writer.write(replace(block_of(losses, first), gradient_norm=losses))
        writer.finish()
    return path


def view(path: Path, done: int | None = None, **chart_options: Any) -> ChartView:
    source = Source(path)
    choices = Choices(
        marked=(1,), slots={1: 0}, considered_to=1, pointed=1, chart_options=ChartOptions(log_x=True, **chart_options)
    )
    moment = None if done is None else Moment((1,), "iteration", float(done))
    read = source.read(ReadRequest(choices, 60, moment=moment))
    source.close()
    assert read is not None
    return chart_view(read, choices)


@pytest.mark.parametrize("done", [None, 50_000, 300])
@pytest.mark.parametrize("metric", ["loss", "gradient norm"])
@pytest.mark.parametrize("window", [None, (1.0, 1000.0)])
def test_the_first_iterations_are_read_one_by_one(
    long: Path, done: int | None, metric: str, window: tuple[float, float] | None
) -> None:
    shown = view(long, done, metric=metric, window=window, following=False, smoothing=0.0)
    for iteration in (1, 2, 5, 15):
        assert readout(shown, iteration)[0].value == LOSSES[iteration]
    picture = draw(shown, 100, 20)
    assert picture.axes is not None
    assert picture.axes.x_low == 1.0


def test_an_iteration_has_the_same_place_whatever_is_shown_of_it(long: Path) -> None:
    for kind, x in (("iteration", 10.0), ("examples", 11.0)):
        loss, norm = (readout(view(long, x_kind=kind, metric=metric), x)[0] for metric in ("loss", "gradient norm"))
        assert [loss.value, loss.at] == [pytest.approx(norm.value), norm.at]


def test_every_iteration_is_counted_once(long: Path) -> None:
    (run,) = view(long).runs
    parts = [present(run.curve), *run.log_x_detail]
    assert [part.width for part in parts] == sorted({part.width for part in parts}, reverse=True)
    counted, stop = 0, 0
    for part in reversed(parts):
        counted += int(part.count[part.iteration >= stop].sum())
        assert stop % part.width == 0
        stop = int(part.iteration[-1]) + part.width
    assert counted == LENGTH


def test_smoothing_goes_on_from_one_width_to_the_next(long: Path) -> None:
    weights = 0.5 ** (np.arange(300, -1, -1) / 20.0)
    expected = np.average(LOSSES[:301], weights=weights)
    assert readout(view(long, smoothing=20.0), 300)[0].value == pytest.approx(expected, rel=0.05)


def test_what_is_known_of_a_beginning_is_not_read_again(long: Path) -> None:
    def once(columns: int, first: int, last: int) -> Curve:
        raise AssertionError

    source = Source(long)
    source.read(ReadRequest())
    reader = source._reader
    assert isinstance(reader, Reader)
    curve = reader.curve(1, 60)
    known = log_x_detail(partial(reader.curve, 1), curve, 0, LENGTH, 60)
    assert log_x_detail(once, curve, 0, LENGTH + 1000, 60, known) == known
    source.close()
