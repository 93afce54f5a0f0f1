"""What is marked, by itself and by hand; and the keys that a footer keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.store import Run, SweepTitle
from engine.store.records.runs import RunState
from tui.model.choices import MOST_AUTOMATIC, MOST_MARKED, NO_CHOICE, Choices, ColumnChoice


def run_of(run_id: int, state: RunState = "finished") -> Run:
    nothing: dict[str, Any] = dict.fromkeys(Run.__dataclass_fields__)
    return Run(**{**nothing, "run_id": run_id, "state": state})


def newest_first(*runs: Run) -> list[Run]:
    return sorted(runs, key=lambda run: -run.run_id)


def test_at_first_the_running_ones_are_marked_and_then_the_newest() -> None:
    runs = newest_first(run_of(1, "running"), *(run_of(n) for n in range(2, 20)))
    choices = Choices().follow(runs)
    assert choices.marked == (1, *range(13, 20))
    assert choices.pointed == 19


def test_a_run_is_marked_when_it_starts_not_when_it_is_queued() -> None:
    choices = Choices().follow([run_of(1, "queued")])
    assert choices.marked == ()
    assert choices.follow([run_of(1, "running")]).marked == (1,)


def test_a_mark_that_was_taken_away_stays_away() -> None:
    choices = Choices().follow([run_of(1)]).toggled(1)
    assert choices.follow([run_of(1)]).marked == ()


def test_a_full_chart_drops_the_oldest_that_no_hand_marked() -> None:
    runs = [run_of(n) for n in range(1, MOST_AUTOMATIC + 1)]
    choices = Choices().follow(newest_first(*runs)).toggled(1).toggled(1).follow(newest_first(*runs))
    choices = choices.follow(newest_first(*runs, run_of(20, "running")))
    assert choices.marked == (*range(2, MOST_AUTOMATIC + 1), 1, 20)
    choices = choices.follow(newest_first(*runs, run_of(20), run_of(21, "running")))
    assert choices.marked == (*range(3, MOST_AUTOMATIC + 1), 1, 20, 21)
    assert 2 not in choices.marked


def test_marks_by_hand_are_never_dropped() -> None:
    choices = Choices()
    for n in range(1, MOST_MARKED + 1):
        choices = choices.toggled(n)
    assert choices.toggled(99) == choices
    runs = newest_first(*(run_of(n) for n in range(1, MOST_MARKED + 10)))
    assert choices.follow(runs).marked == tuple(range(1, MOST_MARKED + 1))


@given(started=st.lists(st.integers(1, 20), max_size=12, unique=True), by_hand=st.sets(st.integers(1, 20)))
def test_whatever_starts_is_drawn_and_no_mark_by_hand_goes(started: list[int], by_hand: set[int]) -> None:
    choices = Choices().marking_only(sorted(by_hand))
    known = [run_of(n) for n in by_hand]
    for n in started:
        known = [*[run for run in known if run.run_id != n], run_of(n, "running")]
        choices = choices.follow(newest_first(*known))
        assert n in choices.drawn
        assert by_hand <= set(choices.marked)
        assert len(set(choices.marked) - by_hand) <= MOST_AUTOMATIC


def test_the_run_under_the_cursor_is_drawn_with_a_sign_of_its_own_though_it_is_not_marked() -> None:
    runs = newest_first(*(run_of(n) for n in range(1, 6)))
    choices = Choices().follow(runs).unmarking([2]).pointing_at(2)
    assert choices.drawn == (1, 3, 4, 5, 2)
    assert choices.compared == choices.marked
    assert choices.slot(2) not in {choices.slot(run_id) for run_id in choices.marked}
    assert choices.pointing_at(3).drawn == choices.marked


def test_a_colour_stays_with_its_run() -> None:
    choices = Choices().follow(newest_first(run_of(1), run_of(2), run_of(3)))
    before = choices.slots
    assert len(set(before.values())) == 3
    assert choices.toggled(2).slots == {1: before[1], 3: before[3]}


def test_nothing_new_is_the_same_value() -> None:
    runs = newest_first(run_of(1), run_of(2))
    choices = Choices().follow(runs)
    assert choices.follow(runs) is choices
    assert choices.follow([replace(run, iterations_done=9) for run in runs]) is choices


def test_a_run_that_is_gone_loses_mark_and_cursor() -> None:
    choices = Choices().follow(newest_first(run_of(1), run_of(2))).follow([run_of(1)])
    assert choices.marked == (1,)
    assert choices.pointed == 1


def test_a_cursor_that_has_moved_since_the_list_was_read_stays() -> None:
    runs = newest_first(run_of(1), run_of(2), run_of(3))
    choices = Choices().follow(runs)
    asked = choices.at_edge(1)
    assert asked.follow(runs, runs, (), choices.cursor) == asked
    assert asked.follow(runs, runs, (), asked.cursor).cursor == (1, None, 0, None)
    queued = choices.pointing_at(4)
    assert queued.follow(runs, runs, (), choices.cursor).pointed == 4
    assert queued.follow(runs, runs, (), queued.cursor).pointed == 3


def test_the_cursor_may_be_on_a_title() -> None:
    title = SweepTitle(7, "", "step_size", "", 2, 0.2)
    runs = [run_of(2), run_of(1)]
    choices = Choices().follow(runs).pointing_to(title)
    assert choices.cursor == (None, 7, 0, None)
    assert choices.drawn == choices.marked
    assert choices.follow(runs, [title, *runs]).title == 7
    assert choices.follow(runs, runs).cursor == (2, None, 0, None)


def test_a_cursor_whose_run_is_gone_goes_to_the_row_instead_and_else_to_the_first() -> None:
    runs = newest_first(run_of(1), run_of(2), run_of(3), run_of(4))
    choices = Choices().follow(runs).pointing_at(2)
    rest = [run for run in runs if run.run_id != 2]
    assert choices.follow(rest, neighbour=rest[2]).pointed == 1
    assert choices.follow(rest, neighbour=run_of(9)).pointed == 4
    assert choices.follow(rest).pointed == 4
    assert choices.follow(runs, neighbour=runs[0]).pointed == 2


def test_a_run_that_is_brought_back_has_its_mark_and_its_colour_again() -> None:
    runs = newest_first(run_of(1), run_of(2), run_of(3))
    choices = Choices().follow(runs)
    gone = choices.follow([run_of(3), run_of(1)])
    assert 2 not in gone.slots
    back = gone.follow(runs)
    assert (set(back.marked), back.slots) == ({1, 2, 3}, choices.slots)
    assert back.follow(runs) is back
    taken = gone.follow([run_of(4), run_of(3), run_of(1)])
    assert taken.slots[4] == choices.slots[2]
    assert len(set(taken.follow([run_of(4), *runs]).slots.values())) == 4
    unmarked = choices.toggled(2).follow([run_of(3), run_of(1)])
    assert unmarked.follow(runs).marked == (1, 3)


def test_a_run_that_is_brought_back_to_a_full_chart_has_no_mark() -> None:
    runs = newest_first(*(run_of(n) for n in range(1, MOST_MARKED + 1)))
    gone = Choices().marking_only(run.run_id for run in runs).follow(runs[1:])
    full = gone.toggled(99).follow([run_of(99), *runs[1:]])
    assert len(full.marked) == MOST_MARKED
    assert full.follow([run_of(99), *runs]).marked == full.marked


def test_a_column_is_shown_hidden_and_given_back() -> None:
    seed = NO_CHOICE.toggled("seed", is_seen=False)
    assert seed == ColumnChoice(("seed",))
    assert seed.toggled("seed", is_seen=True) == ColumnChoice((), ("seed",))
    assert seed.toggled("seed", is_seen=True).toggled("seed", is_seen=False) == seed
    assert seed.toggled("seed", is_seen=False) == NO_CHOICE  # there was no room for it


def test_where_nothing_is_listed_no_run_is_under_the_cursor() -> None:
    choices = Choices().pointing_at(1).follow(newest_first(run_of(1), run_of(2)), ())
    assert (choices.pointed, choices.title) == (None, None)
