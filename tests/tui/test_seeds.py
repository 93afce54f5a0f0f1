"""Runs that differ in their seed alone: one curve, their mean, with a band that is what it is called."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from engine.spec import defaults
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, draw
from tui.chart.drawing.legend import draw_legend, entries_of
from tui.chart.values.all_series import all_series
from tui.chart.values.readout import readout
from tui.chart.values.seeds import QUANTILES, quantile
from tui.chart.values.view import SeedBand
from tui.presenting.seed_groups import _but_seed


def member(run_id: int, losses: list[float], width: int = 1, **fields: object) -> ChartRun:
    return ChartRun(run_id, f"{run_id} run", run_id, decimated(losses, width=width), done=len(losses), **fields)  # type: ignore[arg-type]


def view(members: list[ChartRun], band: SeedBand = "range", **fields: object) -> ChartView:
    group = ChartRun(1, "1-3 run · 3 seeds", 1, members[0].curve, members=tuple(members))
    return ChartView((group,), seed_band=band, **fields)  # type: ignore[arg-type]


def test_the_mean_and_its_bands_by_hand() -> None:
    members = [member(1, [8.0, 4.0, 2.0]), member(2, [6.0, 4.0, 3.0]), member(3, [7.0, 4.0, 1.0])]
    (one,) = all_series(view(members))
    assert one.line.tolist() == [7.0, 4.0, 2.0, 2.0]  # a line reaches to the iterations done
    assert (one.low.tolist(), one.high.tolist()) == ([6.0, 4.0, 1.0, 1.0], [8.0, 4.0, 3.0, 3.0])
    (one,) = all_series(view(members, "interval"))
    half = 4.303 * 1.0 / math.sqrt(3)  # Student's t with two degrees of freedom, standard deviation 1
    assert one.high[0] - one.line[0] == pytest.approx(half, rel=1e-3)
    assert one.low[2] == pytest.approx(2 - half, rel=1e-3)
    (read,) = readout(view(members), 1)
    assert (read.run_id, read.value, read.low, read.high) == (1, 4.0, 4.0, 4.0)


def test_it_reaches_as_far_as_the_shortest_and_has_a_gap_where_one_has() -> None:
    long, short = noisy(400), noisy(250, seed=2)
    (one,) = all_series(view([member(1, long, 4), member(2, short, 16)]))
    assert one.x[-1] == 250
    assert np.all(one.low <= one.line + 1e-12)
    assert np.all(one.line <= one.high + 1e-12)
    (one,) = all_series(view([member(1, [3.0, 2.0, 1.0]), member(2, [3.0, np.inf, 1.0])]))
    assert np.isnan(one.line[1])
    assert one.gap is not None
    assert all_series(view([member(1, long), member(2, [])])) == []


def test_mini_batches_are_smoothed_before_the_mean_is_taken_and_searches_keep_their_best() -> None:
    losses = [noisy(200, seed=seed) for seed in (1, 2)]
    alone = [all_series(ChartView((member(1, one, noisy=True),), smoothing=20.0))[0].line for one in losses]
    (both,) = all_series(view([member(n, one, noisy=True) for n, one in enumerate(losses)], smoothing=20.0))
    np.testing.assert_allclose(both.line, np.mean(alone, axis=0))
    (found,) = all_series(view([member(1, [5.0, 7.0, 3.0], kind="search"), member(2, [4.0, 2.0, 6.0], kind="search")]))
    assert found.line.tolist() == [4.5, 3.5, 2.5, 2.5]


def test_the_chart_names_what_the_band_is() -> None:
    members = [member(1, noisy(100)), member(2, noisy(100, seed=2))]
    for band, name in (("range", "mean of seeds, min-max"), ("interval", "mean of seeds, 95 % confidence")):
        picture = draw(view(members, band), 100, 20)  # type: ignore[arg-type]
        text = "\n".join("".join(part for part, _ in picture.row(row)) for row in range(20))
        assert name in text
        assert "3 seeds" in text
    little_room = replace(view(members).runs[0], settings=(("objective", "a softmax of linear scores"),))
    other = replace(little_room, run_id=9, label="9 run", members=())
    text = "".join(
        chr(one) for one in draw_legend(entries_of(ChartView((little_room, other))), 60, 1, "unicode")[0].flat
    )
    assert "■ 1-3  " in text  # without its label it is not taken for run 1


def test_quantiles_fall_towards_the_normal_distribution() -> None:
    assert [quantile(count) for count in (2, 31, 32, 1000)] == [QUANTILES[0], QUANTILES[-1], 1.96, 1.96]
    assert list(QUANTILES) == sorted(QUANTILES, reverse=True)
    # Cornish-Fisher: t = z + (z^3 + z) / 4n + (5 z^5 + 16 z^3 + 3 z) / 96 n^2 + ...
    z = NormalDist().inv_cdf(0.975)
    for degrees in range(10, 31):
        expected = z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        assert quantile(degrees + 1) == pytest.approx(expected, abs=3e-3)


def test_only_the_seed_and_what_changes_no_loss_may_differ() -> None:
    spec = defaults()
    assert _but_seed(spec) == _but_seed(spec.changed(seed=7, pace=3.0))
    assert _but_seed(spec) != _but_seed(spec.changed(step_size=0.2))
