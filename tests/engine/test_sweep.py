"""Plans of sweeps: values, order, seeds, refusals; and what is made of their results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.spec import RunSpec, SpecError, defaults
from engine.strategy import optimize
from engine.sweep import (
    Axis,
    Halving,
    RunMeasurement,
    SweepPlan,
    best_of,
    decide,
    fitting,
    linear_values,
    listed,
    log_values,
    loss_texts,
    powers_of_two,
    refine,
    results,
    spread,
    table_lines,
)
from engine.sweep.axis import Value
from engine.text import loss_text
from tests.presence import present

BASE = defaults()


def plan(
    field: str = "step_size", values: Sequence[Value] = (0.01, 0.1, 1.0), base: RunSpec = BASE, **more: Any
) -> SweepPlan:
    return SweepPlan(base, (Axis(field, tuple(values)),), **more)


def test_powers_of_ten_come_out_exact() -> None:
    assert log_values(1e-6, 100, 9) == (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)
    assert log_values(1e-10, 0.1, 10) == tuple(float(f"1e{exponent}") for exponent in range(-10, 0))
    assert linear_values(0, 1, 11) == tuple(tenth / 10 for tenth in range(11))


@given(st.floats(1e-12, 1e6), st.floats(1.5, 1e9), st.integers(2, 50))
def test_a_logarithmic_range_keeps_its_ends_and_rises_evenly(low: float, factor: float, count: int) -> None:
    values = log_values(low, low * factor, count)
    assert (values[0], values[-1], len(values)) == (low, low * factor, count)
    steps = [math.log(after / before) for before, after in pairwise(values)]
    assert all(step == pytest.approx(math.log(factor) / (count - 1), rel=0.01, abs=2e-5) for step in steps)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 50))
def test_a_linear_range_keeps_its_ends_and_rises(low: float, width: float, count: int) -> None:
    values = linear_values(low, low + width, count)
    assert (values[0], values[-1], len(values)) == (low, low + width, count)
    assert list(values) == sorted(set(values))


def test_powers_of_two_and_lists() -> None:
    assert powers_of_two(1, 256) == (1, 2, 4, 8, 16, 32, 64, 128, 256)
    assert powers_of_two(3, 70) == (4, 8, 16, 32, 64)
    assert powers_of_two(4, 4) == (4,)
    assert listed("0.1, 1e-3,10") == (0.1, 0.001, 10.0)
    assert listed("64, full, 16", "batch_size") == (64, None, 16)
    assert fitting("batch_size", log_values(1, 1000, 7)) == (1, 3, 10, 32, 100, 316, 1000)
    assert fitting("step_size", (0.5, 0.25)) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: log_values(1, 0.1, 5), "low end 1 is above the high end 0.1"),
        (lambda: log_values(0, 1, 5), "begins above 0, not at 0"),
        (lambda: log_values(-1, 1, 5), "begins above 0"),
        (lambda: log_values(1e-3, 1, 100_000), "1 to 1,000 runs, not 100,000"),
        (lambda: log_values(1e-3, 1, 0), "1 to 1,000 runs, not 0"),
        (lambda: log_values(1e-3, 1, 1), "at least two values"),
        (lambda: linear_values(1, 1, 3), "room for one value"),
        (lambda: linear_values(1, float("inf"), 3), "finite"),
        (lambda: powers_of_two(5, 7), "no power of two"),
        (lambda: powers_of_two(0, 7), "above 0"),
        (lambda: listed(" "), "commas between"),
        (lambda: listed("1,,2"), "nothing between"),
        (lambda: listed("1,x"), "'x' is not a number"),
        (lambda: Axis("step_size", (0.1, -1.0)), "must be greater than 0"),
        (lambda: Axis("step_size", ()), "at least one value"),
        (lambda: Axis("step_size", (0.1, 1.0, 0.1)), "0.1 is there twice"),
        (lambda: Axis("step_siz", (0.1,)), "did you mean step_size"),
        (lambda: Axis("strategy", (1,)), "cannot be swept"),
        (lambda: Axis("iterations", (10, 20)), "cannot be swept"),
        (lambda: Axis("population", (8, None)), "numbers, not none"),
        (lambda: Axis("momentum", (0.5, 1.0)), "less than 1"),
        (lambda: Axis("batch_size", (1.5, 2)), "whole number"),
        (lambda: plan(repeats=0), "at least 1"),
        (lambda: plan(repeats=400), "1 to 1,000 runs, not 1,200"),
        (
            lambda: plan("momentum", (0.5, 0.9)),
            "decides nothing with update vanilla; it takes momentum or muon or nesterov",
        ),
        (lambda: plan(base=defaults("random-search")), "decides nothing in random-search"),
        (lambda: plan("seed", (1, 2), repeats=2), "sweep over seeds"),
        (lambda: SweepPlan(BASE, ()), "one field of a run, or two"),
        (lambda: SweepPlan(BASE, (Axis("step_size", (1.0,)), Axis("step_size", (2.0,)))), "two different ones"),
        (lambda: plan(halving=Halving((1000,))), "not before the end of a run of 1,000 iterations"),
        (lambda: plan(base=BASE.changed(iterations=None, seconds=1.0), halving=Halving((10,))), "budget in iterations"),
        (lambda: Halving((), 0.5), "give iterations"),
        (lambda: Halving((10, 10), 0.5), "must rise"),
        (lambda: Halving((0, 10), 0.5), "must rise"),
        (lambda: Halving((10,), 1.0), "less than 1"),
        (lambda: refine(plan(values=(0.1,)), 0.1), "nothing to refine"),
        (lambda: refine(plan(), 5.0), "nothing to refine"),
        (lambda: plan().widened([0.1]), "0.1 is there twice"),
        (lambda: plan().changed({"step_size": "1"}), "what the sweep varies"),
    ],
)
def test_what_cannot_be_run_is_answered_with_a_sentence(make: Callable[[], object], words: str) -> None:
    with pytest.raises(SpecError) as refusal:
        make()
    assert words in refusal.value.message


def test_the_order_spreads_over_the_range() -> None:
    assert spread(9) == (0, 8, 4, 2, 6, 1, 3, 5, 7)
    assert spread(1) == (0,)
    assert spread(2) == (0, 1)
    assert [member.values[0] for member in plan(values=(1.0, 0.1, 0.01)).members()] == [0.01, 1.0, 0.1]


@given(st.integers(1, 300))
def test_the_order_has_every_place_once(count: int) -> None:
    assert sorted(spread(count)) == list(range(count))


def test_a_grid_begins_at_its_corners_and_has_every_cell_once() -> None:
    grid = SweepPlan(BASE, (Axis("step_size", (0.01, 0.1, 1.0)), Axis("batch_size", (16, 64, None))))
    cells = [member.values for member in grid.members()]
    assert cells[:4] == [(0.01, 16), (0.01, None), (1.0, 16), (1.0, None)]
    assert len(cells) == len(set(cells)) == grid.size == 9
    assert all((m.spec.step_size, m.spec.batch_size) == m.values for m in grid.members())


def test_repeats_have_the_same_seeds_for_all_values_unless_asked_otherwise() -> None:
    base = BASE.changed(seed=7)
    fair = plan(base=base, repeats=2).members()
    assert [(m.repeat, m.spec.seed) for m in fair] == [(0, 7)] * 3 + [(1, 8)] * 3
    own = plan(base=base, repeats=2, same_seeds=False)
    assert sorted(m.spec.seed for m in own.members()) == list(range(7, 13))
    assert {m.spec for m in own.members()} < {m.spec for m in own.widened([10.0]).members()}
    assert {m.spec.seed for m in plan("seed", (3, 5)).members()} == {3, 5}


def test_the_same_seed_sees_the_same_examples_whatever_the_step_size() -> None:
    """The first loss is that of the same weights on the same batch, for every value."""
    firsts = set()
    for member in plan(values=(1e-6, 1.0)).members():
        optimization = optimize.build(member.spec)
        firsts.add(float(optimization.advance(optimization.start(), 1)[1].loss[0]))
    assert len(firsts) == 1


POSITIVE = st.floats(1e-9, 1e9, allow_nan=False)
AXES = st.one_of(
    st.tuples(st.lists(POSITIVE, min_size=1, max_size=9, unique=True).map(lambda v: Axis("step_size", tuple(v)))),
    st.tuples(
        st.lists(st.one_of(st.none(), st.integers(1, 999)), min_size=1, max_size=5, unique=True).map(
            lambda v: Axis("batch_size", tuple(v))
        ),
        st.lists(POSITIVE, min_size=1, max_size=5, unique=True).map(lambda v: Axis("delta", tuple(v))),
    ),
)
HALVINGS = st.builds(
    Halving, st.sets(st.integers(1, 999), min_size=1, max_size=4).map(lambda r: tuple(sorted(r))), st.floats(0.01, 0.99)
)


@given(
    st.builds(
        SweepPlan,
        base=st.builds(RunSpec, seed=st.integers(0, 2**40), step_size=POSITIVE),
        axes=AXES,
        repeats=st.integers(1, 4),
        same_seeds=st.booleans(),
        halving=st.none() | HALVINGS,
        parent_id=st.none() | st.integers(1, 2**31),
        name=st.text(max_size=20),
    )
)
def test_a_plan_survives_json(found: SweepPlan) -> None:
    back = SweepPlan.from_json(found.to_json())
    assert back == found
    assert back.members() == found.members()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"base": {}, "axes": [{"field": "step_size", "values": ["1"]}]}',
             '{"base": {}, "axes": [{"field": "step_size", "values": [true]}]}', '{"base": [], "axes": []}'],
)  # fmt: skip
def test_a_plan_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        SweepPlan.from_json(text)


def test_refining_is_a_third_as_wide_around_the_best_in_decades() -> None:
    finer = refine(plan(values=log_values(1e-6, 100, 9)), 0.1)
    assert finer.axes[0].values == (0.00464159, 0.01, 0.0215443, 0.0464159, 0.1, 0.215443, 0.464159, 1.0, 2.15443)
    again = refine(finer, 0.1).axes[0].values
    assert (len(again), again[4]) == (9, 0.1)
    assert math.log10(present(again[-1]) / present(again[0])) == pytest.approx(8 / 9, rel=1e-3)


def test_refining_on_a_line_and_at_the_end_of_what_a_field_takes() -> None:
    base = BASE.changed(update="momentum")
    momentum = plan("momentum", linear_values(0.0, 0.9, 10), base=base)
    assert refine(momentum, 0.3).axes[0].values[0] == pytest.approx(0.15)
    assert refine(momentum, 0.9).axes[0].values[-1] == 0.9
    assert refine(momentum, 0.0).axes[0].values[0] == 0.0
    sizes = refine(plan("batch_size", (1, 4, 16, 64, 256)), 16)
    assert all(isinstance(value, int) for value in sizes.axes[0].values)
    assert 16 in sizes.axes[0].values


def test_another_strategy_brings_its_own_defaults_and_keeps_what_was_chosen() -> None:
    other = plan(base=BASE.changed(iterations=77)).changed({"strategy": "local-search", "seed": "5"})
    assert (other.spec.strategy, other.spec.iterations, other.spec.seed) == ("local-search", 77, 5)
    assert other.spec.batch_size is None
    assert other.axes == plan().axes
    with pytest.raises(SpecError, match="decides nothing"):
        plan().changed({"strategy": "random-search"})


def test_the_best_are_kept_and_what_is_not_finite_never_is() -> None:
    found = decide({"a": 3.0, "b": float("nan"), "c": 1.0, "d": float("inf"), "e": 2.0}, 0.5)
    assert (found.kept, found.dropped, found.kept_up_to) == (("c", "e", "a"), ("b", "d"), 3.0)
    assert decide({"a": 1.0, "b": 1.0}, 0.5).kept == ("a",)
    nobody = decide({"a": float("nan")}, 0.5)
    assert (nobody.kept, nobody.dropped) == ((), ("a",))


@given(st.dictionaries(st.integers(), st.floats(), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_nobody_is_dropped_for_a_worse_one(losses: dict[int, float], keep: float) -> None:
    found = decide(losses, keep)
    assert sorted(found.kept + found.dropped) == sorted(losses)
    assert len(found.kept) <= max(1, math.ceil(round(keep * len(losses), 9)))
    better = [losses[dropped] for dropped in found.dropped if math.isfinite(losses[dropped])]
    assert all(loss >= found.kept_up_to for loss in better)


def measured(
    run_id: int,
    value: Value,
    loss: float | None,
    state: str = "finished",
    validation: float | None = None,
    done: int = 300,
    at: int = 300,
    **more: Any,
) -> RunMeasurement:
    return RunMeasurement(run_id, (value,), state, done, loss, validation, None, evaluated_at=at, **more)


def test_results_are_per_value_with_the_spread_over_seeds() -> None:
    found = results(
        [
            measured(1, 1.0, 0.25, validation=0.5),
            measured(2, 0.1, 0.75),
            measured(3, 1.0, 0.75, validation=1.0),
            measured(4, 10.0, float("nan"), diverged=True),
            measured(5, 100.0, 0.1, state="cancelled"),
            measured(6, 1000.0, None, state="queued"),
        ]
    )
    assert [result.values[0] for result in found] == [0.1, 1.0, 10.0, 100.0, 1000.0]
    one = found[1]
    assert (one.train_loss, one.low, one.high, one.validation_loss) == (0.5, 0.25, 0.75, 0.75)
    assert one.run_ids == (1, 3)
    assert best_of(plan().axes, found) is one
    assert found[2].diverged == 1
    assert table_lines(plan().axes, found) == [
        "for step size 0.1 new loss: 0.7500",
        "for step size 1 new loss: 0.5000  (0.2500 to 0.7500 over 2 seeds; best)",
        "for step size 10 new loss: nan  (diverged)",
        "for step size 100 new loss: 0.1000  (stopped after 300 iterations)",
        "for step size 1000 new loss: none yet",
    ]


def test_a_loss_is_told_with_the_iterations_after_which_it_was_evaluated() -> None:
    found = results(
        [
            measured(1, 1.0, 0.25, state="running", done=1512, at=1000),
            measured(2, 2.0, 9.0, state="cancelled", done=1612, at=0),
            measured(3, 3.0, None, state="cancelled", done=0, at=0),
            measured(4, 4.0, None, state="cancelled", done=0, at=0),
            measured(5, 4.0, None, state="queued", done=0, at=0),
        ]
    )
    assert table_lines(plan().axes, found) == [
        "for step size 1 new loss: 0.2500  (so far, after 1,000 iterations)",
        "for step size 2 new loss: 9.000  (stopped after 1,612 iterations, evaluated after 0)",
        "for step size 3 new loss: none  (stopped before it started)",
        "for step size 4 new loss: none yet",
    ]


def test_seeds_that_have_not_come_as_far_do_not_make_the_mean_high() -> None:
    (one,) = results(
        [
            measured(1, 1.0, 0.16, state="paused", done=3556, at=3556),
            measured(2, 1.0, 0.20, state="paused", done=3556, at=3556),
            measured(3, 1.0, 9.0, state="running", done=12, at=0),
        ]
    )
    assert [one.train_loss, one.low, one.high] == [pytest.approx(0.18), 0.16, 0.20]
    assert (one.evaluated_at, one.seeds, one.complete) == (3556, 2, False)
    (ended,) = results([measured(1, 1.0, 0.2, done=500, at=500), measured(2, 1.0, 0.4, done=700, at=700)])
    assert [ended.train_loss, ended.seeds, ended.complete] == [pytest.approx(0.3), 2, True]


@pytest.mark.parametrize("field", ["delta", "regularization_strength"])
def test_where_each_value_is_an_objective_of_its_own_accuracy_tells_the_best(field: str) -> None:
    axes = (Axis(field, (0.01, 1.0, 100.0)),)
    found = results(
        RunMeasurement(run_id, (value,), "finished", 300, loss, loss, accuracy)
        for run_id, value, loss, accuracy in [(1, 0.01, 0.002, 0.964), (2, 1.0, 0.27, 0.972), (3, 100.0, 519.0, 0.873)]
    )
    assert best_of(axes, found) is found[1]
    assert best_of((Axis("step_size", (0.01, 1.0, 100.0)),), found) is found[0]
    assert [line for line in table_lines(axes, found) if "best" in line] == [
        f"for {axes[0].label} 1 new loss: 0.2700  (best by accuracy)"
    ]


def test_a_diverged_value_is_never_the_best_however_low_its_loss_was_when_it_was_evaluated() -> None:
    found = results([measured(1, 1.0, 0.5), measured(2, 2.0, 0.001, diverged=True)])
    assert best_of(plan().axes, found) is found[0]
    assert table_lines(plan().axes, found) == [
        "for step size 1 new loss: 0.5000  (best)",
        "for step size 2 new loss: 1.0e-3  (diverged)",
    ]
    assert best_of(plan().axes, found[1:]) is None


@given(st.lists(st.one_of(st.none(), st.floats(1e-5, 1e5), st.sampled_from([0.2, math.nan, math.inf])), max_size=8))
@example([2.200718, 2.200652, None])
def test_different_losses_look_different_and_all_others_are_written_as_everywhere(losses: list[float | None]) -> None:
    texts = loss_texts(losses)
    told = dict(zip(losses, texts, strict=True))
    for loss, text in told.items():
        if loss is None:
            assert text == ""
            continue
        alike = [other for other in told if other is not None and loss_text(other) == loss_text(loss)]
        assert text == loss_text(loss) or len(alike) > 1
        others = [other for other in alike if abs(other - loss) > 1e-8 * loss and math.isfinite(loss)]
        assert all(told[other] != text for other in others)


def test_there_is_no_best_before_a_value_is_complete() -> None:
    unfinished = results([measured(1, 1.0, 0.5, state="running"), measured(2, 2.0, float("inf"))])
    assert best_of(plan().axes, unfinished) is None
