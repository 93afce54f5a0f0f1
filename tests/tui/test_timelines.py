"""Tapes: runs side by side on three clocks, positions and iterations there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chart.values.view import XKind
from tui.model.timelines import Recording, replay_data_of


def recorded(
    run_id: int,
    first: int,
    steps: list[tuple[int, int]],
    started_s: float = 0.0,
    pauses: tuple[tuple[int, float | None], ...] = (),
    examples: int = 1,
) -> Recording:
    """A run whose stretches of iterations took so many milliseconds each."""
    iterations = np.cumsum([first, *(count for count, _ in steps)]).astype(float)
    elapsed_s = np.cumsum([0.0, *(milliseconds / 1000 for _, milliseconds in steps)])
    done = int(iterations[-1])
    return Recording(
        run_id, first, done, iterations, elapsed_s, started_s, examples, tuple((min(at, done), s) for at, s in pauses)
    )


steps = st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=6)
runs = st.lists(
    st.builds(
        recorded,
        st.just(0),
        st.integers(0, 1000),
        steps,
        st.floats(0, 1e5),
        st.just(()) | st.tuples(st.tuples(st.integers(1000, 10**6), st.none() | st.floats(0, 1e5))),
        st.integers(1, 256),
    ),
    min_size=1,
    max_size=4,
)


def numbered(found: list[Recording]) -> list[Recording]:
    return [Recording(**{**{f: getattr(one, f) for f in one.__slots__}, "run_id": n}) for n, one in enumerate(found, 1)]


@given(runs, st.sampled_from(["iteration", "time", "examples", "evaluations"]), st.floats(0, 1))
def test_an_iteration_is_found_where_it_stands(found: list[Recording], kind: XKind, share: float) -> None:
    replay_data = replay_data_of(numbered(found))
    line = replay_data.timeline(kind)
    for run_id, track in line.tracks.items():
        one = replay_data.recordings[run_id]
        done = one.first + int(share * (one.done - one.first))
        position = track.position_of(done)
        assert line.start <= track.begin <= position <= track.end <= line.end
        assert track.iterations_at(position) == done


@given(runs, st.floats(0, 1), st.floats(0, 1))
def test_time_never_goes_back(found: list[Recording], one: float, other: float) -> None:
    line = replay_data_of(numbered(found)).timeline("time")
    early, late = sorted((line.start + one * line.length, line.start + other * line.length))
    before, after = line.cut(early), line.cut(late)
    assert all(before[run_id] <= after[run_id] for run_id in before)


def test_runs_go_as_they_went_and_idle_time_is_left_out() -> None:
    replay_data = replay_data_of(
        [
            recorded(1, 0, [(100, 10_000)], started_s=1000.0),
            recorded(2, 0, [(100, 10_000)], started_s=1005.0),
            recorded(3, 0, [(100, 10_000)], started_s=90_000.0),  # the next day
        ]
    )
    line = replay_data.timeline("time")
    assert (line.start, line.end) == (0.0, 25.0)
    assert line.cut(10.0) == {1: 100, 2: 50, 3: 0}
    assert line.tracks[3].begin == pytest.approx(15.0)
    assert replay_data.timeline("iteration").cut(30) == {1: 30, 2: 30, 3: 30}


def test_a_paused_run_stands_still_while_another_goes_on() -> None:
    paused = recorded(1, 0, [(100, 10_000)], pauses=((50, 12.0),))
    line = replay_data_of([paused, recorded(2, 0, [(100, 20_000)])]).timeline("time")
    track = line.tracks[1]
    assert [track.iterations_at(at) for at in (5.0, 8.0, 11.9, 13.0, 17.0)] == [50, 50, 50, 60, 100]
    assert [track.is_held(at) for at in (4.0, 8.0, 13.0)] == [False, True, False]
    assert line.end == 20.0
    assert line.positions([(1, 50)]).tolist() == [5.0]
    assert line.marked([(1, 50), (1, 70), (1, 100)]).tolist() == pytest.approx([5.0, 12.0, 14.0, 17.0])
    alone = replay_data_of([paused]).timeline("time")
    assert alone.end == 10.0


def test_examples_are_counted_in_each_runs_own_batches() -> None:
    line = replay_data_of([recorded(1, 0, [(100, 1000)], examples=256), recorded(2, 0, [(100, 1000)])]).timeline(
        "examples"
    )
    assert line.cut(2560) == {1: 10, 2: 100}
    assert line.end == 25_600


def test_a_run_that_never_began_has_no_track() -> None:
    never = Recording(7, 0, 0, np.empty(0), np.empty(0))
    replay_data = replay_data_of([never, recorded(1, 0, [(10, 10)])])
    assert set(replay_data.timeline("time").tracks) == {1}
    assert replay_data_of([never]).timeline("iteration").length == 0
