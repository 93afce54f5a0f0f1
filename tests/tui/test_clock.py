"""The clock of a replay: it stays on the tape, and the same keys at the same times lead to the same moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chart.values.view import X_KINDS, XKind
from tui.model.clock import SPEEDS, Clock, default_speed
from tui.model.timelines import Recording, ReplayData, replay_data_of
from tui.presenting.permalink import permalink
from tui.start.replay_command import PLACE, SpeedType
from tui.widgets.scrubber import ScrubberState, seconds_of, speed_text


def recording(run_id: int = 1, first: int = 0, done: int = 1000, per_s: float = 100.0, **known: Any) -> Recording:
    iterations = np.array([first, (first + done) // 2, done], dtype=float)
    return Recording(run_id, first, done, iterations, iterations / per_s, **known)


TAPE = replay_data_of(
    [
        recording(1, marks=((100, "steering"), (500, "fork")), evaluations=(0, 500, 1000), best_at=700, best_loss=0.2),
        recording(
            2, done=400, per_s=50.0, started_s=3.0, pauses=((200, 9.0),), diverged_at=399, best_at=3, best_loss=0.1
        ),
        recording(3, first=250, done=260, started_s=40.0, examples_per_iteration=64),
    ]
)

PRESSES = {
    "play": lambda clock, now_s, run_id: clock.toggled(now_s, TAPE),
    "on": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).stepped(1, TAPE, run_id),
    "back": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).stepped(-1, TAPE, run_id),
    "faster": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).faster(1),
    "slower": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).faster(-1),
    "middle": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).at_share(0.5, TAPE),
    "start": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).at_share(0.0, TAPE),
    "end": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).at_share(1.0, TAPE),
    "event": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).to_event(1, TAPE),
    "event back": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).to_event(-1, TAPE),
    "evaluation": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).to_next(1, TAPE.evaluations(), TAPE),
    "best": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).to_place(TAPE.best(run_id), TAPE),
    "divergence": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).to_place(TAPE.divergence(run_id), TAPE),
    "loop": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).looping(not clock.loop),
    "clock": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE).with_next_kind(TAPE),
    "wait": lambda clock, now_s, run_id: clock.ticked(now_s, TAPE),
}

presses = st.lists(st.tuples(st.sampled_from(sorted(PRESSES)), st.floats(0, 30), st.sampled_from([1, 2, 3, None])))


def pressed(sequence: list[tuple[str, float, int | None]]) -> Clock:
    clock, now_s = Clock(since_s=0.0), 0.0
    for name, wait_s, run_id in sequence:
        now_s += wait_s
        clock = PRESSES[name](clock, now_s, run_id)
    return clock


@given(presses)
def test_any_keys_stay_on_the_tape_and_lead_to_the_same_again(sequence: list[tuple[str, float, int | None]]) -> None:
    clock = pressed(sequence)
    line = TAPE.timeline(clock.kind)
    assert line.start <= clock.position <= line.end
    assert clock.speed in SPEEDS
    for run_id, done in line.cut(clock.position).items():
        assert TAPE.recordings[run_id].first <= done <= TAPE.recordings[run_id].done
    assert clock == pressed(sequence)


@given(presses, st.sampled_from([1, 2, 3]))
def test_a_step_on_and_back_is_where_it_was(sequence: list[tuple[str, float, int | None]], run_id: int) -> None:
    clock = replace(pressed(sequence), since_s=None)
    line = TAPE.timeline(clock.kind)
    track = line.tracks[run_id]
    before = track.iterations_at(clock.position)
    on = clock.stepped(1, TAPE, run_id)
    if before < TAPE.recordings[run_id].done and track.begin <= clock.position:
        assert line.tracks[run_id].iterations_at(on.position) == before + 1
        back = on.stepped(-1, TAPE, run_id)
        assert line.tracks[run_id].iterations_at(back.position) == before
    assert not on.playing


def test_a_step_is_one_of_the_run_that_moves_where_the_chosen_one_does_not() -> None:
    ended = Clock(position=1000.0).stepped(-1, TAPE, 2)  # which ended at 400
    assert ended.position == 999.0
    assert Clock(position=10.0).stepped(1, TAPE, 3).position == 11.0  # which begins at 250
    assert Clock(position=0.0).stepped(-1, TAPE, 3).position == 0.0
    assert Clock(position=1000.0).stepped(1, TAPE, 2).position == 1000.0


def test_a_speed_is_told_as_it_is() -> None:
    assert [speed_text(speed) for speed in (0.125, 0.3, 1, 1.5, 4, 39168, 1e4)] == [
        "x1/8", "x0.3", "x1", "x1.5", "x4", "x39,168", "x10,000",
    ]  # fmt: skip


def test_the_time_is_that_of_the_run_that_ends_last_on_the_clock() -> None:
    """Run 2 took longer for its 400 iterations than run 1 for them: in the middle of run 1 it is not over."""
    slow = recording(2, done=400, per_s=1.0)
    replay_data = replay_data_of([recording(1), slow])
    scrubber_state = ScrubberState(Clock(position=700.0), replay_data)
    seconds = seconds_of(scrubber_state, replay_data.timeline("iteration").cut_of_started(700.0))
    assert list(seconds) == [pytest.approx(7.0), pytest.approx(10.0)]
    assert seconds_of(scrubber_state, {}) == (0.0, 0.0)


def test_playing_goes_at_its_speed_stops_at_the_end_and_begins_again() -> None:
    clock = Clock(speed=4.0).toggled(10.0, TAPE)
    assert clock.ticked(11.0, TAPE).position == 400.0
    over = clock.ticked(99.0, TAPE)
    assert (over.position, over.playing) == (1000.0, False)
    again = over.toggled(100.0, TAPE)
    assert (again.position, again.playing) == (0.0, True)
    assert clock.looping(True).ticked(13.0, TAPE).position == 200.0
    assert clock.toggled(11.0, TAPE).ticked(50.0, TAPE).position == 400.0


def test_at_the_live_edge_it_goes_along() -> None:
    def growing(done: int) -> ReplayData:
        return replay_data_of([recording(1, done=done, goes_on=True)])

    clock = Clock(since_s=0.0).ticked(99.0, growing(1000))
    assert (clock.position, clock.playing) == (1000.0, True)
    assert clock.ticked(99.5, growing(1020)).position == 1020.0
    assert clock.ticked(99.5, growing(9000)).position == 1050.0


def test_keys_go_to_what_happened() -> None:
    start = Clock()
    assert start.to_event(1, TAPE).position == 100
    assert start.to_event(1, TAPE).to_event(1, TAPE).position == 500
    assert start.to_event(1, TAPE, ("fork",)).position == 500
    assert start.at(450, TAPE).to_event(-1, TAPE).position == 100
    assert start.to_event(-1, TAPE) is start
    assert start.to_next(1, TAPE.evaluations(), TAPE).position == 500
    assert start.to_place(TAPE.best(1), TAPE).position == 700
    assert start.to_place(TAPE.best(3), TAPE).position == 3  # of all, where the selected run has none
    assert start.to_place(TAPE.divergence(None), TAPE).position == 400
    assert start.to_place(None, TAPE) is start


def test_another_clock_shows_the_same_iteration_of_the_run_that_is_ahead() -> None:
    clock = Clock().at(600, TAPE)
    for _ in X_KINDS:
        clock = clock.with_next_kind(TAPE)
        assert TAPE.timeline(clock.kind).cut(clock.position)[1] == 600
    assert clock == Clock().at(600, TAPE)
    assert Clock().at(1e9, TAPE).with_next_kind(TAPE).position == TAPE.timeline("time").end


def test_an_empty_tape_stands_still() -> None:
    replay_data = replay_data_of([])
    clock = Clock().toggled(0.0, replay_data).ticked(5.0, replay_data)
    assert (clock.position, clock.playing) == (0.0, False)
    assert (
        clock.stepped(1, replay_data)
        .at_share(0.7, replay_data)
        .to_event(1, replay_data)
        .with_next_kind(replay_data)
        .position
        == 0.0
    )


@pytest.mark.parametrize(
    ("seconds", "speed"), [(10.0, 1.0), (100_000.0, 10_000.0), (0.0, 1.0), (40.0, 4.0), (0.01, 1 / 1000)]
)
def test_a_replay_takes_about_ten_seconds(seconds: float, speed: float) -> None:
    line = replay_data_of([recording(1, done=int(100 * seconds) or 1)]).timeline("iteration")
    assert default_speed(replace(line, end=100 * seconds)) == speed


@given(st.sampled_from(["iteration", "time", "examples", "evaluations"]), st.floats(0, 1), st.sampled_from(SPEEDS))
def test_an_address_leads_back_to_the_moment(
    tmp_path_factory: pytest.TempPathFactory, kind: XKind, share: float, speed: float
) -> None:
    clock = replace(Clock(kind).at_share(share, TAPE), speed=speed)
    words = permalink(tmp_path_factory.getbasetemp() / "it's.db", (1, 2), clock).split()
    found = PLACE.fullmatch(words[words.index("--at") + 1])
    assert found is not None
    assert float(found[1]) == pytest.approx(clock.position, abs=5.01e-4)  # written to the thousandth
    assert {"": "iteration", "s": "time", "x": "examples", "e": "evaluations"}[found[2]] == kind
    assert SpeedType().convert(words[-1], None, None) == pytest.approx(speed)
