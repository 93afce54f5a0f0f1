"""The stacked searches against the plain loops of the notes: the same draws, the same best, the same acceptances."""

from __future__ import annotations

import numpy as np
import pytest

from engine import datasets
from engine.objective.objectives import NetworkOptions, Objective, objective
from engine.strategy import search, streams
from engine.strategy.search import LocalSearch, RandomSearch

DIGITS = datasets.load("digits").splits["train"]
OPTIONS = NetworkOptions(hidden=(5, 4), start="he")
NAMES = ("svm", "softmax", "two-layer", "two-layer-svm", "mlp")
LOSSES_ROUND = 2e-5
"""float32: the stacked products round otherwise than single ones."""


def make(name: str) -> Objective:
    return objective(name, DIGITS, 10, regularization_strength=0.001, hidden_size=5, options=OPTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_random_search_finds_what_one_at_a_time_finds(name: str) -> None:
    of, scale, tries = make(name), 0.1, 150
    draws = streams.stream(3, "draws")
    weights = [of.initial_weights(draws, scale) for _ in range(tries)]
    losses = np.array([of.loss(one).total for one in weights])
    strategy = RandomSearch(of, scale, seed=3)
    state, block = strategy.advance(strategy.start(), tries)
    np.testing.assert_allclose(block.loss, losses, rtol=LOSSES_ROUND)
    np.testing.assert_array_equal(state.weights, weights[losses.argmin()])
    assert state.best_loss == block.loss.min()


@pytest.mark.parametrize("name", NAMES)
def test_local_search_accepts_what_the_loop_of_the_notes_accepts(name: str) -> None:
    of, tries = make(name), 300
    draws = streams.stream(5, "draws")
    kept = of.initial_weights(streams.stream(5, "weights"), 0.001)
    best, losses = of.loss(kept).total, []
    losses.append(best)
    for _ in range(tries - 1):
        trial = kept + of.draws(draws, 1)[0] * np.float32(0.03)
        losses.append(of.loss(trial).total)
        if losses[-1] < best:
            best, kept = losses[-1], trial
    strategy = LocalSearch(of, 0.03, 0.001, seed=5)
    state, block = strategy.advance(strategy.start(), tries)
    np.testing.assert_allclose(block.loss, losses, rtol=LOSSES_ROUND)
    np.testing.assert_array_equal(state.weights, kept)


def test_kept_scores_are_computed_anew_before_rounding_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "REFRESH_EVERY", 64)
    of = make("svm")
    strategy = LocalSearch(of, 0.03, 0.001, seed=0)
    state, block = strategy.advance(strategy.start(), 64 * 5)
    np.testing.assert_allclose(of.loss(state.weights).total, block.loss.min(), rtol=1e-5)


@pytest.mark.parametrize(("N", "most"), [(100, 128), (10_000, 128), (50_000, 65)])
def test_a_stack_takes_no_more_memory_and_time_than_its_limits(N: int, most: int) -> None:
    """Tries of CIFAR-10's shape: kept scores are counted, and a stack is never empty."""

    class Shape:
        linear, size, dtype = True, 30_730, np.dtype(np.float32)

        def __len__(self) -> int:
            return N

    of = Shape()
    random = search.Stacks(of, lambda draws: draws, bytes_per_example=0)  # type: ignore[arg-type]
    local = search.Stacks(of, lambda draws: draws, bytes_per_example=40)  # type: ignore[arg-type]
    assert local.size <= random.size == most
    assert local.size * N * 40 <= search.STACK_BYTES


def test_a_stack_is_computed_once_however_often_it_is_asked_for() -> None:
    strategy = RandomSearch(make("svm"), 0.1, seed=0)
    computed = []
    stacks = strategy._stacks
    compute = stacks._compute
    stacks._compute = lambda draws: computed.append(len(draws)) or compute(draws)  # type: ignore[func-returns-value]
    state = strategy.start()
    for _ in range(20):
        state, _ = strategy.advance(state, 5)
    assert computed == [stacks.size]
