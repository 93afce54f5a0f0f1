"""A spec made into iterations: chunked equals whole, same seed same run, and the story on digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import datasets, optimize
from engine.block import concatenate
from engine.spec import STRATEGIES, RunSpec, SpecError, defaults
from engine.state import State, state_from_bytes, state_to_bytes

STORIES = [
    ("random-search", 7.0, 9.0),
    ("local-search", 0.5, 1.0),
    ("gradient-descent", 0.1, 0.3),
]


@pytest.mark.parametrize(("strategy", "low", "high"), STORIES)
def test_a_thousand_iterations_tell_the_story(strategy: str, low: float, high: float) -> None:
    optimization = optimize.build(defaults(strategy))
    state, block = optimization.advance(optimization.start(), 1000)
    assert len(block) == 1000
    loss, _ = optimization.evaluate(state.weights, "train")
    assert low < loss < high


def test_following_the_gradient_classifies_digits_it_has_not_seen() -> None:
    optimization = optimize.build(defaults())
    state, _ = optimization.advance(optimization.start(), 1000)
    _, accuracy = optimization.evaluate(state.weights, "validation")
    assert accuracy > 0.95


@settings(max_examples=20, deadline=None)
@given(
    strategy=st.sampled_from(STRATEGIES),
    batch_size=st.sampled_from([1, 7, 256, None]),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
)
def test_chunked_equals_whole_even_through_bytes(
    strategy: str, batch_size: int | None, cuts: list[int], seed: int
) -> None:
    spec = defaults(strategy).changed(batch_size=batch_size, iterations=60, seed=seed)
    optimization = optimize.build(spec)
    whole_state, whole = optimization.advance(optimization.start(), 60)
    state, blocks = optimization.start(), []
    for k in [*cuts, 60]:
        state = state_from_bytes(state_to_bytes(state))
        state, block = optimization.advance(state, k)
        blocks.append(block)
    chunked = concatenate(blocks)
    assert state.stop_reason == whole_state.stop_reason == "planned iterations done"
    np.testing.assert_array_equal(state.weights, whole_state.weights)
    for name, column in whole.columns().items():
        np.testing.assert_array_equal(chunked.columns()[name], column)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_advancing_leaves_the_given_state_alone(strategy: str) -> None:
    optimization = optimize.build(defaults(strategy))
    state = optimization.start()
    before = state_to_bytes(state)
    optimization.advance(state, 20)
    assert state_to_bytes(state) == before


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_another_seed_is_another_run(strategy: str) -> None:
    losses = []
    for seed in (0, 0, 1):
        optimization = optimize.build(defaults(strategy).changed(seed=seed))
        losses.append(optimization.advance(optimization.start(), 5)[1].loss)
    np.testing.assert_array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[0], losses[2])


def test_a_diverging_run_ends_with_its_first_loss_that_is_no_number() -> None:
    optimization = optimize.build(RunSpec(step_size=1e30, iterations=100))
    state, block = optimization.advance(optimization.start(), 100)
    assert state.stop_reason == "diverged"
    assert np.isfinite(block.loss[:-1]).all()
    assert not np.isfinite(block.loss[-1])
    assert len(optimization.advance(state, 5)[1]) == 0


def test_the_step_size_can_be_changed_on_the_way() -> None:
    optimization = optimize.build(RunSpec(iterations=20))
    state, _ = optimization.advance(optimization.start(), 10)
    state, block = optimization.advance(optimize.with_step_size(state, 0.05), 10)
    assert block.step_size is not None
    np.testing.assert_array_equal(block.step_size, np.full(10, 0.05))
    with pytest.raises(ValueError, match="greater than 0"):
        optimize.with_step_size(state, 0.0)


def test_a_batch_larger_than_the_train_split_is_refused() -> None:
    train = len(datasets.load("digits").splits["train"])
    optimize.check(RunSpec(batch_size=train))
    with pytest.raises(SpecError, match="more than the 1,198") as caught:
        optimize.check(RunSpec(batch_size=train + 1))
    assert caught.value.field == "batch_size"


def test_evaluations_are_due_at_the_start_at_the_end_and_between() -> None:
    optimization = optimize.build(RunSpec(iterations=1005))
    due, iteration = [], 0
    while True:
        iteration = optimization.next_evaluation(iteration)
        due.append(iteration)
        if iteration >= 1005:
            break
        iteration += 1
    assert due[:3] == [0, 20, 40]
    assert due[-1] == 1005


def test_state_is_immutable() -> None:
    state = State(iteration=0, weights=np.zeros(2), step_size=1.0)
    with pytest.raises(AttributeError):
        state.iteration = 1  # type: ignore[misc]
