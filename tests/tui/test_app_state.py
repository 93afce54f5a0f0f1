"""The app's state: the live view waits while a replay is shown."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.test_choices import run_of
from tui.app.state import AppState, Shown
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot

LIVE = AppState(Shown(Snapshot(created_at="now"), Choices(marked=(1, 2), pointed=1)))
PAST = LIVE.with_replay(Snapshot(created_at="then", runs=(run_of(1), run_of(2))), Choices(marked=(2,), pointed=2))


def test_what_is_read_and_chosen_in_a_replay_leaves_the_live_view_alone() -> None:
    state = PAST.reading(Snapshot(created_at="later")).choosing(Choices(pointed=7))
    assert state.shown == Shown(Snapshot(created_at="later"), Choices(pointed=7))
    assert state.live == LIVE.live


def test_a_replay_hands_its_look_and_its_cursor_to_the_live_view() -> None:
    choices = PAST.shown.choices
    chart_options = replace(choices.chart_options, log_y=not choices.chart_options.log_y, window=(1.0, 2.0), cursor=1.5)
    state = PAST.choosing(choices.with_chart_options(chart_options)).without_replay()
    assert state.replay is None
    assert state.shown.snapshot == LIVE.shown.snapshot
    assert (state.shown.choices.marked, state.shown.choices.pointed) == ((1, 2), 2)
    assert state.shown.choices.chart_options == replace(chart_options, window=None, cursor=None)


def test_a_cursor_that_the_replay_had_not_stays_where_it_was() -> None:
    state = LIVE.with_replay(Snapshot(created_at="then", runs=(run_of(2),)), Choices(marked=(2,), pointed=2))
    assert state.without_replay().shown.choices.pointed == 1


def test_without_a_replay_there_is_none_to_leave() -> None:
    assert LIVE.without_replay() is LIVE
