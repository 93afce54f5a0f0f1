"""The probe: steps computed by hand, and what its judgement must hold to on any loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import datasets
from engine.analysis.probe import FLAT_SHARE, FURTHER, GOOD_SHARE, STEP_SIZES, format_probe, judge, probe, remark
from engine.objective.objectives import objective
from engine.spec import defaults
from engine.strategy import optimize

BOWL = objective("svm", datasets.load("three-points").splits["train"], 3, dtype=np.float64)
DIGITS = objective("softmax", datasets.load("digits").splits["validation"], 10, dtype=np.float64)
ZERO = np.zeros(3)
ORDER = {"too small": 0, "good": 1, "too large": 2}


@dataclass
class LossValue:
    total: float

    @property
    def data_loss(self) -> float:
        return self.total


class Convex:
    """The largest of some planes, plus a bowl: a convex loss with kinks, as the hinge loss is."""

    def __init__(self, slopes: Any, offsets: Any, curvature: float, floor: float) -> None:
        self.slopes, self.offsets = np.array(slopes), np.array(offsets)
        self.curvature, self.floor = curvature, floor
        self.size = self.slopes.shape[1]

    def loss(self, weights: Any, rows: Any = None) -> LossValue:
        with np.errstate(over="ignore", invalid="ignore"):
            planes = self.slopes @ weights + self.offsets
            return LossValue(float(planes.max() + self.curvature * (weights @ weights) + self.floor))

    def loss_and_gradient(self, weights: Any, rows: Any = None) -> tuple[LossValue, Any]:
        steepest = self.slopes[int((self.slopes @ weights + self.offsets).argmax())]
        return self.loss(weights), steepest + 2 * self.curvature * weights


numbers = st.floats(-10, 10, allow_subnormal=False)
points = st.lists(numbers, min_size=2, max_size=2)


@st.composite
def convex(draw: st.DrawFn) -> tuple[Convex, Any]:
    """A loss and the weights to step from."""
    planes = draw(st.integers(1, 4))
    slopes = draw(st.lists(points, min_size=planes, max_size=planes))
    offsets = draw(st.lists(numbers, min_size=planes, max_size=planes))
    curvature = draw(st.sampled_from([0.0, 1e-3, 0.1, 1.0, 30.0]))
    return Convex(slopes, offsets, curvature, draw(st.sampled_from([0.0, 1.0, 100.0]))), np.array(draw(points))


@given(convex())
def test_on_a_convex_loss_steps_are_too_small_then_good_then_too_large(case: tuple[Convex, Any]) -> None:
    found = probe(*case)
    judged = [ORDER[word or ""] for word in judge(found)]
    assert judged == sorted(judged)


@given(convex())
def test_the_best_step_is_good_and_good_ones_are_within_reach_of_it(case: tuple[Convex, Any]) -> None:
    found = probe(*case)
    gains, judged = -found.change, judge(found)
    if found.best is None:
        assert "good" not in judged
        assert remark(found)
        assert gains.max() <= 1e-9 * abs(found.start_loss)
        return
    assert judged[found.best] == "good"
    assert gains[found.best] == gains.max() > 0
    for gain, word in zip(gains.tolist(), judged, strict=True):
        assert (word == "good") == (gain >= GOOD_SHARE * gains.max())


@given(convex())
def test_it_goes_on_until_the_loss_is_clearly_worse(case: tuple[Convex, Any]) -> None:
    found = probe(*case)
    tried = (*STEP_SIZES, *FURTHER)[: len(found.step_sizes)]
    assert found.step_sizes.tolist() == list(tried)
    start, last = found.start_loss, float(found.loss[-1])
    is_worse = not math.isfinite(last) or last - start >= max(abs(start), 1e-300)
    assert is_worse or len(tried) == len(STEP_SIZES + FURTHER) or found.gradient_norm == 0
    if is_worse:
        assert judge(found)[-1] == "too large"


@given(convex())
def test_what_is_told_together_loses_nothing(case: tuple[Convex, Any]) -> None:
    found = probe(*case)
    judged, table = judge(found), format_probe(found)
    places = [place for line in table.lines for place in range(line.first, line.last + 1)]
    assert places == list(range(len(found.step_sizes)))
    for line in table.lines:
        together = range(line.first, line.last + 1)
        assert {judged[place] for place in together} == {line.judgement}
        assert line.is_best == (found.best in together)
        if len(together) > 1:
            most = 0.0 if found.best is None else abs(float(found.change[found.best]))
            reach = max(FLAT_SHARE * most, 1e-12 * abs(found.start_loss))
            assert line.judgement == "too small"
            assert np.abs(found.change[line.first : line.last + 1]).max() <= reach
    widths = {len(line.loss) for line in table.lines} | {len(table.before)}
    assert len(widths) == len({len(line.change) for line in table.lines}) == 1


@given(
    st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(math.inf), st.just(math.nan)), min_size=17, max_size=17),
    st.one_of(st.floats(-1e3, 1e3), st.just(math.inf), st.just(math.nan)),
)
def test_whatever_the_losses_are_every_step_is_judged_once(losses: list[float], start: float) -> None:
    """A loss that is no surface's: bumps, cliffs and holes."""
    found = probe(Jumpy(start, losses), np.zeros(1), step_sizes=(*STEP_SIZES, *FURTHER))
    judged, table = judge(found), format_probe(found)
    assert sum(line.last - line.first + 1 for line in table.lines) == len(judged) == 17
    assert sum(line.is_best for line in table.lines) == (found.best is not None)
    assert (None in judged) == (not math.isfinite(start)) == (set(judged) == {None})
    for word, loss in zip(judged, losses, strict=True):
        if not math.isfinite(loss):
            assert word in ("too large", None)


class Jumpy:
    """The losses in their order, whatever the weights are."""

    size = 1

    def __init__(self, start: float, losses: list[float]) -> None:
        self.start, self.losses = start, iter(losses)

    def loss(self, weights: Any, rows: Any = None) -> LossValue:
        return LossValue(next(self.losses))

    def loss_and_gradient(self, weights: Any, rows: Any = None) -> tuple[LossValue, Any]:
        return LossValue(self.start), np.ones(1)


def test_the_probe_takes_one_step_down_the_bowl() -> None:
    # At 0 three times the gradient is (-2 x0 + x1 + x2, x0 - 2 x1 + x2, x0 + x1 - 2 x2) = (1/2, 2, -5/2).
    found = probe(BOWL, ZERO, step_sizes=[0.3, 3.0, 30.0])
    assert found.start_loss == 2.0
    assert found.gradient_norm == pytest.approx(np.sqrt(0.25 + 4 + 6.25) / 3)
    # 0.3 crosses no kink: the loss falls by 0.3 |gradient|^2. The others, term by term.
    np.testing.assert_allclose(3 * found.loss, [6 - 0.3 * 10.5 / 3, by_hand_at(3.0), by_hand_at(30.0)], rtol=1e-14)
    assert (found.best, found.best_step_size) == (0, 0.3)
    assert judge(found) == ("good", "too large", "too large")


def by_hand_at(step_size: float) -> float:
    """Three times the loss of the bowl after one step from 0."""
    w0, w1, w2 = (-step_size / 3 * slope for slope in (0.5, 2.0, -2.5))
    return (
        max(0, w1 - w0 + 1)
        + max(0, w2 - w0 + 1)
        + max(0, (w0 - w1) / 2 + 1)
        + max(0, (w2 - w1) / 2 + 1)
        + max(0, 2 * (w0 - w2) + 1)
        + max(0, 2 * (w1 - w2) + 1)
    )


def test_digits_are_probed_from_the_step_sizes_of_the_notes_up_past_the_best() -> None:
    weights = DIGITS.initial_weights(np.random.default_rng(0), 0.001)
    found = probe(DIGITS, weights)
    loss, gradient = DIGITS.loss_and_gradient(weights)
    assert found.start_loss == loss.total
    expected = [DIGITS.loss(weights - size * gradient).total for size in found.step_sizes]
    np.testing.assert_allclose(found.loss, expected, rtol=1e-12)
    assert found.best == int(np.argmin(expected)) < len(expected) - 1
    assert expected[-1] >= 2 * loss.total > expected[-2]


@pytest.mark.parametrize("strategy", ["random-search", "local-search", "gradient-descent"])
@pytest.mark.parametrize("objective_name", ["svm", "two-layer"])
def test_from_the_weights_of_every_strategy_there_is_a_good_step_and_one_too_large(
    strategy: str, objective_name: str
) -> None:
    spec = defaults(strategy, objective_name)
    optimization = optimize.build(spec)
    state, _ = optimization.advance(optimization.start(), 30)
    found = probe(optimize.exact_objective(spec), state.weights.astype(np.float64))
    assert set(judge(found)) == {"too small", "good", "too large"}
    assert len(format_probe(found).lines) < len(found.step_sizes)


def test_the_changes_are_told_with_a_sign_and_digits_to_compare() -> None:
    table = format_probe(
        probe(Jumpy(0.169, [0.168999942, 0.168540, 0.172432, 0.869]), np.zeros(1), [0.001, 0.1, 1, 10])
    )
    assert table.before == "0.169000"
    assert [(line.loss, line.change, line.judgement) for line in table.lines] == [
        ("0.169000", "-6e-8    ", "too small"),
        ("0.168540", "-0.000460", "good"),
        ("0.172432", "+0.00343 ", "too large"),
        ("0.869000", "+0.700   ", "too large"),
    ]


def test_large_losses_are_written_as_settings_are() -> None:
    table = format_probe(probe(Jumpy(9.804e16, [9.415e16, 3.539e19]), np.zeros(1), [10, 1e4]))
    assert table.before.strip() == "9.804e16"
    assert [(line.loss.strip(), line.change.strip()) for line in table.lines] == [
        ("9.415e16", "-3.89e15"),
        ("3.539e19", "+3.53e19"),
    ]


def test_where_no_step_helps_that_is_said() -> None:
    least = Convex([[1.0], [-1.0]], [0.0, 0.0], 0.0, 1.0)  # |w| + 1: at 0 the gradient is that of one side
    found = probe(least, np.zeros(1))
    assert (found.best, found.best_step_size) == (None, None)
    assert judge(found)[-1] == "too large"
    assert remark(found) == "No step lowers the loss from here."
    flat = probe(Convex([[0.0]], [3.0], 0.0, 0.0), np.zeros(1))
    assert remark(flat) == "The gradient is zero here: no step changes the weights."
    assert set(judge(flat)) == {"too small"}
    [line] = format_probe(flat).lines
    assert (line.first, line.last, line.change.strip()) == (0, len(STEP_SIZES) - 1, "0")
    downhill = probe(Convex([[1.0]], [0.0], 0.0, 0.0), np.zeros(1))
    assert downhill.best_step_size == FURTHER[-1]
    assert remark(downhill) == "No step was too large: try larger ones."


def test_weights_that_diverged_are_data() -> None:
    weights = DIGITS.initial_weights(np.random.default_rng(0), 0.001)
    far = probe(DIGITS, 1e6 * weights, step_sizes=[1e-3, 1.7e308])
    assert far.best == 0
    assert not np.isfinite(far.loss[1])
    assert judge(far) == ("good", "too large")
    nowhere = probe(DIGITS, np.full(DIGITS.size, np.nan))
    assert nowhere.best is None
    assert set(judge(nowhere)) == {None}
    assert len(nowhere.step_sizes) == len(STEP_SIZES)
    assert "not a finite number" in remark(nowhere)
    assert format_probe(nowhere).before == "nan"


def test_a_probe_needs_weights_that_fit_and_steps_above_zero() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        probe(BOWL, np.ones(4))
    with pytest.raises(ValueError, match="greater than 0"):
        probe(BOWL, ZERO, step_sizes=[0.0])
    with pytest.raises(ValueError, match="finite positions"):
        probe(BOWL, ZERO, step_sizes=[np.nan])
