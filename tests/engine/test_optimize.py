"""A spec made into iterations: chunked equals whole, same seed same run, and the story on digits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import datasets
from engine.objective.objectives import objective as objective_of
from engine.spec import (
    CONVNETS,
    FIELDS,
    METRICS,
    NETWORKS,
    OBJECTIVES,
    SAMPLINGS,
    SCHEDULES,
    STRATEGIES,
    STRATEGY_KINDS,
    UPDATES,
    RunSpec,
    SpecError,
    defaults,
)
from engine.spec.choices import AVERAGINGS
from engine.strategy import optimize, search
from engine.strategy.descent import GradientDescent
from engine.strategy.updates import UPDATES as UPDATE_RULES
from engine.strategy.updates import Rates
from engine.trace.block import Block, concatenate
from engine.trace.state import State, state_from_bytes, state_to_bytes

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


SWEEP = [
    (1e-6, 8.9, 9.1),
    (1e-3, 3.0, 4.0),
    (1e-2, 0.5, 0.7),
    (0.1, 0.2, 0.3),
    (1.0, 0.15, 0.3),
    (10.0, 1.5, 6.0),
    (100.0, 800.0, 2600.0),
]


@pytest.mark.parametrize(("step_size", "low", "high"), SWEEP)
def test_a_sweep_of_step_sizes_goes_all_the_way(step_size: float, low: float, high: float) -> None:
    """Too small hardly moves, too large climbs far above the start, and both are there to be plotted."""
    optimization = optimize.build(RunSpec(step_size=step_size, iterations=300))
    state, block = optimization.advance(optimization.start(), 300)
    assert len(block) == 300
    assert state.stop_reason == "planned iterations done"
    assert low < np.median(block.loss[-20:]) < high


STEP_SIZES = {
    "vanilla": 0.2, "momentum": 0.02, "nesterov": 0.02, "adagrad": 0.05, "rmsprop": 0.005, "adam": 0.005,
    "adamw": 0.005, "amsgrad": 0.005, "adadelta": 10.0, "lion": 0.002, "muon": 0.02,
}  # fmt: skip


def advanced_in(spec: RunSpec, cuts: list[int]) -> tuple[State, Block]:
    """A run that goes through bytes, and through a process that knows nothing of it, at every cut."""
    state, blocks = optimize.build(spec).start(), []
    for k in cuts:
        state, block = optimize.build(spec).advance(state_from_bytes(state_to_bytes(state)), k)
        blocks.append(block)
    return state, concatenate(blocks)


def assert_same(chunked: tuple[State, Block], whole: tuple[State, Block]) -> None:
    """Bit for bit: all that a checkpoint holds, and every column."""
    assert state_to_bytes(chunked[0]) == state_to_bytes(whole[0])
    for name, column in whole[1].columns().items():
        np.testing.assert_array_equal(chunked[1].columns()[name], column)


SMALL = {"hidden_size": 20, "hidden": "20,10", "channels": "4"}
DEEP = tuple(name for name in OBJECTIVES if FIELDS["start"].applies({"strategy": "local-search", "objective": name}))
"""Networks of any depth: what a schedule does to them is what it does to the others."""


@pytest.mark.parametrize(
    ("objective", "update", "schedule"),
    [
        (objective, update, SCHEDULES[0 if objective in DEEP else (turn + number) % len(SCHEDULES)])
        for turn, objective in enumerate(OBJECTIVES)
        for number, update in enumerate(UPDATES)
    ],
)
def test_every_objective_with_every_update_and_schedule(objective: str, update: str, schedule: str) -> None:
    """Each learns, and cut into pieces each is the same run."""
    spec = defaults(objective=objective).changed(
        update=update,
        schedule=schedule,
        step_size=STEP_SIZES[update],
        batch_size=32,
        iterations=120,
        warm_up=10,
        period=40,
        clip_norm=10.0,
        averaging=["none", *AVERAGINGS][UPDATES.index(update) % 4],
    )
    if objective in DEEP:
        spec = spec.changed(**SMALL, dropout=0.1, step_size=2.0 if update == "adadelta" else min(spec.step_size, 0.05))
    optimization = optimize.build(spec)
    whole = optimization.advance(optimization.start(), 120)
    assert optimization.evaluate(whole[0].weights, "train")[1] > 0.6
    assert_same(advanced_in(spec, [1, 50, 3, 66]), whole)


@given(
    strategy=st.sampled_from([name for name in STRATEGIES if STRATEGY_KINDS[name].losses(100) < 100]),
    objective=st.sampled_from(OBJECTIVES),
    update=st.sampled_from(UPDATES),
    sampling=st.sampled_from(SAMPLINGS),
    batch_size=st.sampled_from([1, 7, 256, 1100, None]),
    metrics=st.sampled_from(METRICS),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
)
def test_chunked_equals_whole_even_through_bytes(
    strategy: str,
    objective: str,
    update: str,
    sampling: str,
    batch_size: int | None,
    metrics: str,
    cuts: list[int],
    seed: int,
) -> None:
    is_small = STRATEGY_KINDS[strategy].most_weights is not None
    assume(not is_small or objective not in CONVNETS)
    spec = defaults(strategy, objective).changed(
        update=update,
        sampling=sampling,
        batch_size=None if is_small else batch_size,
        metrics=metrics,
        iterations=40,
        seed=seed,
        hidden_size=5,
        hidden="5,4",
        channels="2",
        dropout=0.25,
        dataset="spiral" if is_small else "digits",
    )
    with mock.patch.object(search, "STACK_MOST", 16), mock.patch.object(search, "REFRESH_EVERY", 24):
        optimization = optimize.build(spec)
        whole = optimization.advance(optimization.start(), 40)
        assert_same(advanced_in(spec, [*cuts, 40]), whole)
    assert whole[0].stop_reason in ("planned iterations done", "diverged") or STRATEGY_KINDS[strategy].measures_steps


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if STRATEGY_KINDS[name].losses(100) > 100])
@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if name not in NETWORKS])
def test_chunked_equals_whole_where_an_iteration_takes_many_losses(strategy: str, objective: str) -> None:
    spec = defaults(strategy, objective).changed(dataset="spiral", hidden_size=3, iterations=12)
    optimization = optimize.build(spec)
    whole = optimization.advance(optimization.start(), 12)
    assert_same(advanced_in(spec, [1, 4, 2, 12]), whole)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_run_that_diverges_does_so_wherever_it_is_cut(cut: int) -> None:
    spec = RunSpec(step_size=1e4, divergence_factor=50.0, iterations=100, batch_size=32)
    optimization = optimize.build(spec)
    whole = optimization.advance(optimization.start(), 100)
    assert whole[0].stop_reason == "diverged"
    assert 2 <= len(whole[1]) < 100
    assert_same(advanced_in(spec, [cut, 100]), whole)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_advancing_leaves_the_given_state_alone(strategy: str) -> None:
    optimization = optimize.build(defaults(strategy).changed(dataset="spiral", batch_size=None))
    state = optimization.start()
    for _ in range(3):
        before = state_to_bytes(state)
        after, _ = optimization.advance(state, 5)
        assert state_to_bytes(state) == before
        state = after


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_another_seed_is_another_run(strategy: str) -> None:
    losses = []
    for seed in (0, 0, 1):
        optimization = optimize.build(defaults(strategy).changed(seed=seed, dataset="spiral"))
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


def test_a_loss_beyond_a_multiple_of_the_first_has_diverged() -> None:
    optimization = optimize.build(RunSpec(step_size=100.0, divergence_factor=10.0, iterations=100))
    state, block = optimization.advance(optimization.start(), 100)
    assert state.stop_reason == "diverged"
    assert (block.loss[:-1] <= 10 * block.loss[0]).all()
    assert 10 * block.loss[0] < block.loss[-1] < np.inf


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_numbers_that_overflow_print_no_warning(strategy: str, recwarn: pytest.WarningsRecorder) -> None:
    spec = defaults(strategy).changed(step_size=1e30, initial_scale=1e25, iterations=5, dataset="spiral")
    optimization = optimize.build(spec)
    state, _ = optimization.advance(optimization.start(), 5)
    assert state.stop_reason == "diverged" or spec.kind.float64  # in which these numbers are none too large
    optimization.evaluate(state.weights, "validation")
    assert not recwarn.list


def test_a_run_stops_once_its_evaluations_improve_no_more() -> None:
    state = State(iteration=0, weights=np.zeros(1), step_size=1.0)
    for loss in (3.0, 2.0, 2.5, 2.0):
        state = optimize.with_evaluation(state, loss, patience=3)
    assert (state.best_evaluation, state.evaluations_since_best, state.stop_reason) == (2.0, 2, "")
    assert state_from_bytes(state_to_bytes(state)).evaluations_since_best == 2
    assert optimize.with_evaluation(state, 1.9, patience=3).evaluations_since_best == 0
    assert optimize.with_evaluation(state, float("nan"), patience=None).stop_reason == ""
    stopped = optimize.with_evaluation(state, float("nan"), patience=3)
    assert stopped.stop_reason == "no improvement for 3 evaluations"


def test_softmax_with_regularization_comes_down_to_its_one_minimum() -> None:
    """Convex, and strictly so by L2: the gradient vanishes, and where it started leaves no trace in the loss."""
    of = objective_of(
        "softmax", datasets.load("digits").splits["train"], 10, regularization_strength=0.01, dtype=np.float64
    )
    ends = []
    for seed in (0, 1):
        descent = GradientDescent(
            of, None, UPDATE_RULES["nesterov"], Rates(), lambda t: 1.0, 0.2, 0.1, divergence_factor=1e6, seed=seed
        )
        _, block = descent.advance(descent.start(), 700)
        assert block.gradient_norm is not None
        assert block.gradient_norm[-1] < 1e-6
        ends.append(block.loss[-1])
    assert ends[0] == pytest.approx(ends[1], abs=1e-6)


def test_a_cosine_needs_an_end_to_come_down_to() -> None:
    with pytest.raises(SpecError, match="give a budget in iterations"):
        RunSpec(schedule="cosine", iterations=None, seconds=1.0)


def test_a_convnet_is_evaluated_less_often_where_that_costs_more_than_its_iterations(cache_folder: Path) -> None:
    spec = RunSpec(dataset="synthetic-cifar:2000", batch_size=64)
    linear, deep = (optimize.build(spec.changed(objective=name)) for name in ("softmax", "convnet"))
    assert (linear.next_evaluation(1), deep.next_evaluation(1)) == (100, 250)


def test_the_effective_step_size_is_recorded_and_the_base_is_what_steering_changes() -> None:
    optimization = optimize.build(RunSpec(schedule="1/t", decay_rate=1.0, iterations=20))
    state, block = optimization.advance(optimization.start(), 2)
    assert block.step_size is not None
    assert block.step_size.tolist() == pytest.approx([0.1, 0.05])
    assert state.step_size == 0.1
    _, block = optimization.advance(optimize.with_step_size(state, 0.3), 1)
    assert block.step_size is not None
    assert block.step_size.tolist() == pytest.approx([0.1])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_state_can_be_taken_on_by_another_strategy_or_update(strategy: str) -> None:
    """As a fork with changed fields does: what the state does not carry starts anew."""
    optimization = optimize.build(RunSpec(dataset="spiral"))
    state, _ = optimization.advance(optimization.start(), 10)
    forked = optimize.build(defaults(strategy).changed(update="adam", iterations=30, dataset="spiral"))
    state, block = forked.advance(state, 20)
    assert len(block) == 20 or state.stop_reason.startswith("converged")


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


def evaluations_of(spec: RunSpec) -> list[int]:
    optimization = optimize.build(spec)
    due = [optimization.next_evaluation(0)]
    while due[-1] < (spec.iterations or 0):
        due.append(optimization.next_evaluation(due[-1] + 1))
    return due


def test_evaluations_are_due_at_the_start_at_the_end_and_between() -> None:
    costly = evaluations_of(RunSpec(iterations=2005, batch_size=None))
    assert costly == [*range(0, 2005, 40), 2005]


def test_evaluations_that_would_cost_more_than_the_iterations_are_fewer_but_ten() -> None:
    assert evaluations_of(RunSpec(iterations=1000, batch_size=1)) == [*range(0, 1001, 100)]
    assert evaluations_of(RunSpec(iterations=5000, batch_size=256)) == [*range(0, 5001, 200)]
    assert len(evaluations_of(RunSpec(iterations=100_000, batch_size=1))) == 51
    assert evaluations_of(RunSpec(iterations=5, batch_size=1)) == [0, 1, 2, 3, 4, 5]


def test_runs_that_are_compared_are_evaluated_at_powers_of_two_before_the_first_regular_evaluation() -> None:
    for spec in (
        RunSpec(iterations=1000, batch_size=1),
        RunSpec(iterations=5000, batch_size=256),
        RunSpec(iterations=None, seconds=9.0),
    ):
        optimization = optimize.build(spec)
        due = [optimization.next_early_evaluation(0)]
        while due[-1] < 1000:
            due.append(optimization.next_early_evaluation(due[-1] + 1))
        every = optimization.next_evaluation(1)
        early = [2**power for power in range(10) if 2**power < every]
        assert due == [0, *early, *range(every, 1001, every)]
        assert len(early) >= 7
        assert all(optimization.next_early_evaluation(iteration) == iteration for iteration in due)
    short = optimize.build(RunSpec(iterations=5, batch_size=1))
    assert [short.next_early_evaluation(iteration) for iteration in range(6)] == [0, 1, 2, 3, 4, 5]


def test_a_run_without_planned_iterations_is_evaluated_a_few_hundred_times_however_long_it_is() -> None:
    optimization = optimize.build(RunSpec(iterations=None, seconds=60.0))
    due = [0]
    while due[-1] < 1_000_000_000:
        due.append(optimization.next_evaluation(due[-1] + 1))
    assert due[:65] == [*range(0, 64_001, 1000)]
    assert len(due) < 600
    assert all(later - sooner <= max(1000, sooner / 32) for sooner, later in pairwise(due))
    assert all(optimization.next_evaluation(iteration) == iteration for iteration in due)


def test_state_is_immutable() -> None:
    state = State(iteration=0, weights=np.zeros(2), step_size=1.0)
    with pytest.raises(AttributeError):
        state.iteration = 1  # type: ignore[misc]


def test_a_long_gradient_is_shortened_and_its_own_length_recorded() -> None:
    spec = RunSpec(dataset="spiral", objective="softmax", batch_size=None, step_size=0.5, iterations=100)
    clipped = optimize.build(spec.changed(clip_norm=0.01, regularization_strength=0.0))
    start = clipped.start()
    state, block = clipped.advance(start, 1)
    assert block.gradient_norm is not None
    assert block.gradient_norm[0] > 0.01
    assert np.linalg.norm(state.weights - start.weights) == pytest.approx(0.5 * 0.01, rel=1e-5)
    loose, plain = optimize.build(spec.changed(clip_norm=100.0)), optimize.build(spec)
    np.testing.assert_array_equal(loose.advance(start, 9)[0].weights, plain.advance(start, 9)[0].weights)
