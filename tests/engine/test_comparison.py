"""Batch sizes compared at equal examples, equal time and equal iterations: what holds whatever the runs did."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.sweep import EQUALS, Axis, RunMeasurement, TrainLoss, amount_text, best_marks, best_of, comparisons, results

SIZES = (2, 8, 64, 512)
AXES = (Axis("batch_size", SIZES),)
LOSSES = st.floats(0.01, 100.0)


def evaluated(iterations: int, every: int) -> list[int]:
    """Where a run is evaluated: at the start, at powers of two, regularly, and at its end."""
    early = [2**power for power in range(every.bit_length()) if 2**power < every]
    return sorted({0, *early, *range(every, iterations + 1, every), iterations})


@st.composite
def runs(draw: st.DrawFn, iterations: int | None = None) -> list[RunMeasurement]:
    """Finished runs of every batch size, one or two seeds of each."""
    found: list[RunMeasurement] = []
    seeds = draw(st.integers(1, 2))
    for size in SIZES:
        for _ in range(seeds):
            done = iterations or draw(st.integers(100, 300))
            places = evaluated(done, 50)
            per_iteration_s = draw(st.floats(1e-4, 1e-2))
            losses = draw(st.lists(LOSSES, min_size=len(places), max_size=len(places)))
            found.append(
                RunMeasurement(
                    run_id=len(found) + 1,
                    values=(size,),
                    state="finished",
                    iterations_done=done,
                    train_loss=losses[-1],
                    evaluated_at=done,
                    elapsed_s=done * per_iteration_s,
                    examples_per_iteration=size,
                    train_losses=tuple(
                        TrainLoss(place, place * per_iteration_s, loss)
                        for place, loss in zip(places, losses, strict=True)
                    ),
                )
            )
    return found


@given(found=runs(), data=st.data())
def test_the_order_of_the_runs_decides_nothing(found: list[RunMeasurement], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(found))
    assert comparisons(AXES, shuffled) == comparisons(AXES, found)


@given(found=runs(iterations=200))
def test_after_equally_many_iterations_the_newest_train_losses_decide(found: list[RunMeasurement]) -> None:
    equal = comparisons(AXES, found)[EQUALS.index("iterations")]
    values = results(found)
    assert equal.amount == 200
    assert equal.losses == tuple(result.train_loss for result in values)
    best = best_of(AXES, values)
    assert best is not None
    assert equal.best == best.values


@given(found=runs())
def test_nobody_is_compared_beyond_what_every_value_has_used(found: list[RunMeasurement]) -> None:
    examples, time, iterations = comparisons(AXES, found)
    assert examples.amount == min(run.iterations_done * run.examples_per_iteration for run in found)
    assert time.amount == min(run.train_losses[-1].elapsed_s for run in found)
    assert iterations.amount == min(run.iterations_done for run in found)


@given(found=runs(), later=st.floats(1e-6, 1e-3))
def test_what_a_run_did_later_decides_nothing(found: list[RunMeasurement], later: float) -> None:
    """Every evaluation after the two around the amount may have come out otherwise."""
    examples = comparisons(AXES, found)[0]

    def otherwise(run: RunMeasurement) -> RunMeasurement:
        beyond = [
            p for p, one in enumerate(run.train_losses) if one.iteration * run.examples_per_iteration > examples.amount
        ]
        changed = set(beyond[1:])
        losses = [replace(one, loss=later) if place in changed else one for place, one in enumerate(run.train_losses)]
        return replace(run, train_losses=tuple(losses))

    assert comparisons(AXES, map(otherwise, found))[0] == examples


@given(found=runs())
def test_a_loss_lies_between_the_evaluations_around_it(found: list[RunMeasurement]) -> None:
    examples = comparisons(AXES, found)[0]
    assume(len(found) == len(SIZES))
    for run, loss in zip(found, examples.losses, strict=True):
        at = examples.amount / run.examples_per_iteration
        before = max((one for one in run.train_losses if one.iteration <= at), key=lambda one: one.iteration)
        after = min((one for one in run.train_losses if one.iteration >= at), key=lambda one: one.iteration)
        low, high = sorted((before.loss, after.loss))
        assert loss is not None
        assert low * (1 - 1e-9) <= loss <= high * (1 + 1e-9)
        if before.iteration == int(at):
            assert loss == before.loss


@pytest.mark.parametrize("worse", [{"diverged": True}, {"state": "cancelled"}, {"state": "running"}])
@given(found=runs(), data=st.data())
def test_what_diverged_or_was_stopped_is_never_the_best_and_holds_nobody_back(
    worse: dict[str, Any], found: list[RunMeasurement], data: st.DataObject
) -> None:
    size = data.draw(st.sampled_from(SIZES))
    short = tuple(TrainLoss(place, place * 1e-5, 1e-9) for place in (0, 1, 2))
    gone = [replace(run, **worse, train_loss=1e-9, train_losses=short, iterations_done=2) for run in found]
    mixed = [bad if run.values == (size,) else run for run, bad in zip(found, gone, strict=True)]
    rest = comparisons(AXES, [run for run in found if run.values != (size,)])
    for one, without in zip(comparisons(AXES, mixed), rest, strict=True):
        assert (one.best, one.amount) == (without.best, without.amount)
        assert one.losses[SIZES.index(size)] is None
    best = best_of(AXES, results(mixed))
    assert best is not None
    assert best.values != (size,)


def run_of(size: int, losses: dict[int, float], each_s: float = 0.001) -> RunMeasurement:
    points = tuple(TrainLoss(place, place * each_s, loss) for place, loss in losses.items())
    done = points[-1].iteration
    return RunMeasurement(
        size, (size,), "finished", done, points[-1].loss, examples_per_iteration=size, train_losses=points
    )


def test_small_batches_win_for_equal_examples_and_large_ones_for_equal_iterations() -> None:
    found = [
        run_of(2, {0: 9.0, 50: 1.0, 100: 0.4}, each_s=0.02),
        run_of(20, {0: 9.0, 5: 3.0, 10: 2.0, 50: 0.3, 100: 0.2}, each_s=0.03),
        run_of(200, {0: 9.0, 1: 8.0, 2: 7.0, 25: 0.6, 50: 0.5, 100: 0.1}, each_s=0.08),
    ]
    examples, time, iterations = comparisons((Axis("batch_size", (2, 20, 200)),), found)
    assert (examples.amount, examples.losses, examples.best) == (200.0, (0.4, 2.0, 8.0), (2,))
    assert [time.amount, time.best] == [pytest.approx(2.0), (20,)]
    assert list(time.losses) == [0.4, pytest.approx(0.3 - 0.1 * 16 / 50), 0.6]
    assert (iterations.amount, iterations.losses, iterations.best) == (100.0, (0.4, 0.2, 0.1), (200,))
    assert best_marks([examples, time, iterations]) == {
        (2,): ["best for equal examples"],
        (20,): ["best for equal time"],
        (200,): ["best for equal iterations"],
    }
    assert [amount_text(one.equal, one.amount) for one in (examples, time, iterations)] == [
        "200 examples", "2.00 s", "100 iterations"
    ]  # fmt: skip


def test_a_loss_is_not_made_up_where_no_evaluation_is_near() -> None:
    """As in a store from before runs were evaluated at powers of two."""
    small = run_of(2, {0: 9.0, 50: 1.0, 100: 0.4})
    for seldom in ({0: 9.0, 50: 0.3, 100: 0.2}, {0: 9.0, 1: 8.0, 50: 0.3, 100: 0.2}):
        examples, _, iterations = comparisons((Axis("batch_size", (2, 20)),), [small, run_of(20, seldom)])
        assert (examples.losses, examples.best) == ((0.4, None), None)
        assert iterations.best == (20,)


def test_a_batch_larger_than_all_that_others_saw_is_where_it_began() -> None:
    found = [run_of(2, {0: 9.0, 50: 1.0, 100: 0.4}), run_of(512, {0: 9.0, 1: 5.0, 100: 0.2})]
    examples = comparisons((Axis("batch_size", (2, 512)),), found)[0]
    assert (examples.losses, examples.best) == ((0.4, 9.0), (2,))


def test_only_batch_sizes_are_compared_so_and_only_once_two_are_complete() -> None:
    found = [run_of(2, {0: 9.0, 50: 1.0, 100: 0.4}), run_of(4, {0: 9.0, 50: 0.3, 100: 0.2})]
    assert comparisons((Axis("step_size", (2, 4)),), found) == ()
    assert comparisons((Axis("batch_size", (2, 4)),), found[:1]) == ()
    grid = [replace(run, values=(*run.values, 1.0)) for run in found]
    assert comparisons((Axis("batch_size", (2, 4)), Axis("delta", (1.0,))), grid) == ()
    assert len(comparisons((Axis("batch_size", (2, 4)), Axis("step_size", (1.0,))), grid)) == len(EQUALS)


def test_a_loss_that_is_not_a_number_is_not_the_best() -> None:
    found = [run_of(2, {0: 9.0, 100: math.nan}), run_of(4, {0: 9.0, 100: 0.2})]
    iterations = comparisons((Axis("batch_size", (2, 4)),), found)[2]
    assert iterations.best == (4,)


@given(found=runs())
def test_the_time_of_paced_runs_is_not_compared(found: list[RunMeasurement]) -> None:
    paced = [replace(run, is_paced=run.values == (64,)) for run in found]
    assert comparisons(AXES, paced) == tuple(one for one in comparisons(AXES, found) if one.equal != "time")


@given(found=runs())
def test_no_value_is_best_for_equal_time_where_a_run_took_less_than_a_second(found: list[RunMeasurement]) -> None:
    examples, time, iterations = comparisons(AXES, found)
    assert time.is_short == (min(run.train_losses[-1].elapsed_s for run in found) < 1.0)
    assert time.best is None or not time.is_short
    assert not examples.is_short
    assert not iterations.is_short
