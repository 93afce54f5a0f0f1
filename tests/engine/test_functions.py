"""Functions as objectives: the test functions, their minima, and every strategy on them and on any surface."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.analysis.gradient import check_gradient
from engine.objective.functions import FunctionObjective, as_objective, known_function
from engine.objective.known_functions import KNOWN_FUNCTIONS, weights_of
from engine.spec import (
    N_DIMENSIONAL,
    STRATEGIES,
    TEST_FUNCTIONS,
    RunSpec,
    SpecError,
    check_given,
    defaults,
    spec_from_fields,
    spec_from_json,
)
from engine.strategy import optimize
from engine.trace.state import state_from_bytes, state_to_bytes

POINTS = st.lists(st.floats(-3, 3), min_size=2, max_size=6)

DEFINITIONS = {
    "rosenbrock": lambda w: sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2),
    "himmelblau": lambda w: (w[0] ** 2 + w[1] - 11) ** 2 + (w[0] + w[1] ** 2 - 7) ** 2,
    "beale": lambda w: sum((c - w[0] + w[0] * w[1] ** k) ** 2 for c, k in ((1.5, 1), (2.25, 2), (2.625, 3))),
    "rastrigin": lambda w: 10 * len(w) + sum(w**2 - 10 * np.cos(2 * np.pi * w)),
    "ravine": lambda w: 0.5 * sum(np.geomspace(1, 100, len(w)) * w**2),
    "saddle": lambda w: sum(w[:-1] ** 2) + (1 - w[-1] ** 2) ** 2 / 4,
}


@pytest.mark.parametrize("name", TEST_FUNCTIONS)
@given(point=POINTS)
def test_values_are_those_of_the_definition_and_gradients_those_of_differences(name: str, point: list[float]) -> None:
    w = np.array(point if name in N_DIMENSIONAL else point[:2])
    of = known_function(name, len(w))
    assert of.loss(w).total == pytest.approx(DEFINITIONS[name](w), rel=1e-12, abs=1e-12)
    assert check_gradient(of, w, h=1e-4, tolerance=1e-4).passed


@pytest.mark.parametrize("name", TEST_FUNCTIONS)
@pytest.mark.parametrize("dimensions", [2, 5])
def test_the_minima_are_where_they_are_said_to_be(name: str, dimensions: int) -> None:
    of, known = known_function(name, dimensions), KNOWN_FUNCTIONS[name]
    generator, n = np.random.default_rng(0), weights_of(name, dimensions)
    for minimum in np.array(known.minima(n)):
        loss, gradient = of.loss_and_gradient(minimum)
        assert loss.total == pytest.approx(known.lowest, abs=1e-20)
        assert np.abs(gradient).max() < 1e-9
        around = minimum + 0.01 * generator.standard_normal((100, n))
        assert min(of.loss(point).total for point in around) > known.lowest
    assert min(of.loss(3 * point).total for point in generator.standard_normal((500, n))) > known.lowest


@pytest.mark.parametrize("name", TEST_FUNCTIONS)
def test_what_is_not_finite_is_a_number(name: str) -> None:
    loss, gradient = known_function(name).loss_and_gradient(np.array([np.inf, -1e200]))
    assert not np.isfinite(loss.total)
    assert gradient.shape == (2,)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ["rosenbrock", "himmelblau"])
def test_every_strategy_goes_down_and_cut_into_pieces_it_is_the_same_run(strategy: str, name: str) -> None:
    spec = defaults(strategy, name).changed(iterations=300)
    optimization = optimize.build(spec)
    whole, block = optimization.advance(optimization.start(), 300)
    state = optimization.start()
    losses: list[float] = []
    for k in (1, 7, 120, 300):
        state, part = optimize.build(spec).advance(state_from_bytes(state_to_bytes(state)), k)
        losses += part.loss.tolist()
    assert state_to_bytes(state) == state_to_bytes(whole)
    assert losses == block.loss.tolist()
    found, accuracy = optimization.evaluate(whole.weights, "train")
    assert found < 0.3 * known_function(name).loss(np.array(KNOWN_FUNCTIONS[name].start(2))).total
    assert np.isnan(accuracy)


def test_gradient_descent_makes_the_steps_of_a_hand_worked_loop() -> None:
    optimization = optimize.build(defaults(objective="rosenbrock").changed(update="momentum", step_size=1e-4))
    state, block = optimization.advance(optimization.start(), 50)
    w, v = np.array([-1.2, 1.0]), np.zeros(2)
    for loss in block.loss:
        off = w[1] - w[0] ** 2
        assert loss == pytest.approx(100 * off**2 + (1 - w[0]) ** 2, rel=1e-12)
        v = 0.9 * v - 1e-4 * np.array([-400 * off * w[0] - 2 * (1 - w[0]), 200 * off])
        w = w + v
    np.testing.assert_allclose(state.weights, w, rtol=1e-12)


class Bowl:
    """Anything with a size, a loss and a gradient; its loss is a plain number."""

    size = 3

    def loss(self, weights: NDArray[Any]) -> float:
        return float(weights @ weights)

    def loss_and_gradient(self, weights: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        return self.loss(weights), 2 * weights


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_takes_any_surface(strategy: str) -> None:
    optimization = optimize.build(defaults(strategy).changed(iterations=400), Bowl(), start=[1.0, 2.0, -1.0])
    if strategy not in ("random-search", "cma-es"):
        assert optimization.advance(optimization.start(), 1)[1].loss[0] == 6.0
    state, _ = optimization.advance(optimization.start(), 400)
    assert optimization.evaluate(state.weights, "train")[0] < 6.0


def test_an_objective_is_a_surface_as_it_is() -> None:
    of = known_function("beale")
    assert as_objective(of) is of


class Wrong(Bowl):
    def __init__(self, loss: object, slope: object) -> None:
        self.answer = loss, slope

    def loss_and_gradient(self, weights: NDArray[Any]) -> Any:
        return self.answer


@pytest.mark.parametrize(
    ("loss", "slope", "said"),
    [
        (1.0, np.zeros(2), r"the gradient has shape \(2,\); 3 weights need \(3,\)"),
        (1.0, 0.0, r"the gradient has shape \(\)"),
        (1.0, "down", "the gradient is no array of numbers but str"),
        ("low", np.zeros(3), "the loss is no number but str"),
        (None, np.zeros(3), "the loss is no number but NoneType"),
    ],
)
def test_what_a_surface_answers_wrongly_is_said(loss: object, slope: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_objective(Wrong(loss, slope)).loss_and_gradient(np.zeros(3))


def test_weights_are_handed_over_as_they_cannot_be_changed() -> None:
    class Writes(Bowl):
        def loss(self, weights: NDArray[Any]) -> float:
            weights[0] = 0
            return 0.0

    with pytest.raises(ValueError, match="read-only"):
        as_objective(Writes()).loss(np.ones(3))
    with pytest.raises(ValueError, match=r"the start has shape \(2,\)"):
        as_objective(Bowl(), start=[0.0, 0.0])


def test_a_function_has_no_scores() -> None:
    of = known_function("saddle")
    assert isinstance(of, FunctionObjective)
    assert not of.linear
    with pytest.raises(ValueError, match="no class scores"):
        of.scores(np.zeros(2), np.zeros((1, 2)))


def test_a_spec_of_a_function_says_nothing_of_data() -> None:
    spec = spec_from_fields({"objective": "ravine", "dimensions": "7"})
    assert (spec.dataset, spec.batch_size, spec.has_data, spec.label) == ("none", None, False, "gradient ravine")
    silent = (
        "dataset",
        "batch_size",
        "sampling",
        "regularization_strength",
        "regularize_bias",
        "patience",
        "keep_weights",
    )
    assert not [name for name in (*silent, "initial_scale", "code") if spec.decides(name)]
    assert spec.decides("dimensions")
    assert not spec_from_fields({"objective": "beale"}).decides("dimensions")
    assert defaults("random-search", "beale").decides("initial_scale")
    assert optimize.build(spec).start().weights.shape == (7,)
    assert spec_from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"objective": "svm", "dataset": "none"}, "svm needs examples"),
        ({"objective": "beale", "dataset": "digits"}, "a function of the weights alone"),
        ({"objective": "beale", "batch_size": "3"}, "beale has no examples"),
        ({"objective": "beale", "schedule": "on-plateau"}, "waits for validation losses"),
        ({"objective": "ravine", "dimensions": "1"}, "at least 2"),
        ({"objective": "rosenbrok"}, "did you mean rosenbrock"),
        ({"strategy": "newton", "objective": "ravine", "dimensions": "1,001"}, "at most 1,000"),
    ],
)
def test_what_does_not_fit_a_function_is_said(given: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        check_given(spec_from_fields(given), given)


def test_seeds_move_no_start_but_every_draw() -> None:
    def first(strategy: str, seed: int) -> list[float]:
        optimization = optimize.build(RunSpec(strategy=strategy, objective="beale", seed=seed))
        return list(optimization.advance(optimization.start(), 2)[1].loss)

    assert first("gradient-descent", 0) == first("gradient-descent", 1)
    assert first("local-search", 0)[0] == first("local-search", 1)[0]
    assert first("random-search", 0) != first("random-search", 1)
