"""The order of the runs: stable, missing values last in both directions, the pinned on top."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import defaults
from engine.store import STATES
from tests.tui.test_filter import run
from tui.sorting import COLUMNS, STATUS_ORDER, natural, sort

numbers = st.none() | st.floats() | st.sampled_from([0.1, 0.2])
specs = st.none() | st.sampled_from([defaults("random-search"), defaults(), defaults().changed(batch_size=None)])
some_runs = st.lists(
    st.builds(
        lambda spec, name, state, loss, done: (spec, {"name": name, "state": state, "last_loss": loss, **done}),
        specs,
        st.text(max_size=6),
        st.sampled_from(STATES),
        numbers,
        st.fixed_dictionaries(
            {"best_loss": numbers, "iterations_per_s": numbers, "iterations_done": st.integers(0, 3)}
        ),
    ),
    max_size=12,
).map(lambda drawn: [run(number, spec, **values) for number, (spec, values) in enumerate(drawn)])


def ids(runs):
    return [run.run_id for run in runs]


def test_by_loss_the_missing_are_last_in_both_directions():
    runs = [run(number, None, last_loss=loss) for number, loss in enumerate([0.3, None, 0.1, math.nan, 0.3, math.inf])]
    assert ids(sort(runs, "loss")) == [2, 0, 4, 5, 1, 3]
    assert ids(sort(runs, "loss", descending=True)) == [5, 0, 4, 2, 1, 3]


def test_the_pinned_stand_on_top_in_the_same_order():
    runs = [run(number, None, last_loss=loss) for number, loss in enumerate([0.3, None, 0.1, 0.2])]
    assert ids(sort(runs, "loss", pinned={1, 0})) == [0, 1, 2, 3]
    assert ids(sort(runs, "loss", descending=True, pinned={3, 2})) == [3, 2, 0, 1]


def test_settings_that_decide_nothing_are_missing_and_the_full_batch_is_the_largest():
    search, small = defaults("random-search"), defaults()
    runs = [run(1, search), run(2, None), run(3, small.changed(step_size=0.5)), run(4, small)]
    assert ids(sort(runs, "step size")) == [4, 3, 1, 2]
    assert ids(sort(runs, "batch", descending=True)) == [1, 3, 4, 2]


def test_names_as_people_sort_them():
    names = ["run 10", "Run 2", "", "run 2b", "alpha"]
    runs = [run(number, None, name=name) for number, name in enumerate(names)]
    assert ids(sort(runs, "name")) == [4, 1, 3, 0, 2]
    assert ids(sort(runs, "name", descending=True)) == [0, 3, 1, 4, 2]


def test_by_status_as_it_is_judged():
    runs = [run(1, None, state="finished"), run(2, None, state="running"), run(3, None, state="running")]
    assert ids(sort(runs, "status")) == [2, 3, 1]
    assert ids(sort(runs, "status", status=lambda run: "lost" if run.run_id == 2 else run.state)) == [3, 2, 1]
    assert set(STATES) <= set(STATUS_ORDER)


def test_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match="choose from run, name"):
        sort([], "colour")


@given(some_runs, st.sampled_from(COLUMNS), st.booleans(), st.sets(st.integers(0, 11)))
def test_every_order_keeps_every_run_and_sorting_twice_changes_nothing(runs, column, descending, pinned):
    ordered = sort(runs, column, descending, pinned)
    assert sorted(ids(ordered)) == ids(runs)
    assert sort(ordered, column, descending, pinned) == ordered
    on_top = [run.run_id in pinned for run in ordered]
    assert on_top == sorted(on_top, reverse=True)


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_names_can_be_compared(one, other):
    assert (natural(one) or ()) <= (natural(other) or ()) or (natural(one) or ()) > (natural(other) or ())
