"""The past: runs as they were. Nothing that came after a moment is in what is read of it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.spec import defaults
from engine.store import Checkpoint, Evaluation, open_for_writing
from engine.trace.smoothing import HALF_LIFE, smoothed
from tests.presence import present
from tests.stores import SECONDS_PER_ITERATION, block_of, claimed_writer
from tests.tui.moments import NOISY, at, written
from tui.chart.values.view import XKind
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.clock import Clock, Moment
from tui.model.replay_opening import START, replayed
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view
from tui.reading.feed import Source
from tui.reading.liveness import LivenessReader
from tui.reading.past_snapshots import PastReader
from tui.reading.row_previews import preview_of


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "runs.db"
    losses = NOISY.copy()
    losses[50_000:50_003] = np.nan
    written(path, losses)
    return path


@pytest.mark.parametrize("position", [3_000, 40_000, 69_000])
def test_a_narrow_window_is_read_where_it_will_be_however_far_the_runs_have_come(noisy: Path, position: int) -> None:
    chart_options = ChartOptions(window=(1_000.0, 2_000.0), following=True)
    curve = at(noisy, position, window=chart_options.window, following=True).seen[1].curve
    low, high = present(chart_options.followed(float(position)).window)
    assert low < position <= high
    assert curve.iteration[0] <= low < curve.iteration[-1] < position <= curve.iteration[-1] + curve.width
    assert curve.width < 64


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.integers(0, 70_000), columns=st.integers(1, 200))
def test_every_number_comes_from_what_had_been_done(noisy: Path, done: int, columns: int) -> None:
    losses = NOISY[:done].copy()
    losses[50_000:50_003] = np.nan
    snapshot = at(noisy, done, columns=columns)
    run, curve = snapshot.runs[0], snapshot.seen[1].curve
    finite = losses[np.isfinite(losses)]
    assert run.iterations_done == done
    assert run.state == ("finished" if done == 70_000 else "running")
    evaluated = [one for one in snapshot.seen[1].evaluations if one.split == "train"]
    assert run.best_loss == min((one.loss for one in evaluated), default=None)
    assert run.train_loss == (evaluated[-1].loss if evaluated else None)
    expected = smoothed(losses, np.isfinite(losses), 1 / HALF_LIFE)[-1] if done else None
    if done and np.isfinite(losses[-1]):
        assert run.current_loss == pytest.approx(expected, rel=2e-4)
    assert run.last_loss == (losses[-1] if done and np.isfinite(losses[-1]) else None)
    assert run.elapsed_s == pytest.approx(done * SECONDS_PER_ITERATION)
    assert run.diverged_at == (50_000 if done > 50_000 else None)
    assert curve.count.sum() == len(finite)
    assert np.nansum(curve.mean * curve.count) == pytest.approx(finite.sum())
    if done:
        assert np.nanmin(curve.low) == finite.min()
        assert np.nanmax(curve.high) == finite.max()
        assert curve.elapsed_s[-1] == pytest.approx(run.elapsed_s)
        assert done - curve.width <= curve.iteration[-1] < done
    assert [one.iteration for one in snapshot.seen[1].evaluations] == list(range(10_000, done + 1, 10_000))


@pytest.mark.parametrize("done", [1, 100, 300, 4000, 69_999, 70_000])
def test_a_curve_is_what_the_live_view_would_have_read(noisy: Path, tmp_path: Path, done: int) -> None:
    path = tmp_path / "runs.db"
    written(path, np.where(np.isin(np.arange(70_000), range(50_000, 50_003)), np.nan, NOISY)[:done], ended=False)
    source = Source(path)
    live = source.read(ReadRequest(columns=60))
    source.close()
    assert live is not None
    was, now = live.seen[1].curve, at(noisy, done).seen[1].curve
    assert was.width == now.width
    for column in ("iteration", "elapsed_s", "count", "low", "high", "mean", "last"):
        np.testing.assert_allclose(getattr(now, column), getattr(was, column), rtol=1e-12)


def test_a_window_of_the_past_ends_with_it(noisy: Path) -> None:
    curve = at(noisy, 33_333, window=(20_000.0, 60_000.0)).seen[1].curve
    first = int(curve.iteration[0])
    assert first <= 20_000
    assert curve.count.sum() == 33_333 - first
    samples = present(at(noisy, 33_333, metric="step size").seen[1].visible.samples)
    assert samples.iteration.max() == 33_332


def test_a_window_leaves_the_shapes_in_the_table_and_the_times_of_evaluations_as_they_are(noisy: Path) -> None:
    windows: dict[XKind, tuple[float, float]] = {"iteration": (20_000.0, 30_000.0), "time": (20.0, 30.0)}
    for kind, window in windows.items():
        whole, part = (at(noisy, 69_000, metric="train loss", x_kind=kind, window=one) for one in (None, window))
        assert part.seen[1].curve.width < whole.seen[1].curve.width
        assert part.previews == whole.previews
        (one,) = chart_view(
            part, replayed(Choices(), (1,)).with_chart_options(ChartOptions(metric="train loss", x_kind=kind))
        ).runs
        assert one.points is not None
        np.testing.assert_allclose(one.points.elapsed_s, one.points.iteration * SECONDS_PER_ITERATION, atol=0.1)


def test_runs_wait_go_on_and_end_when_they_did(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    written(path, NOISY[:100])
    written(path, NOISY[:300])
    ids = (1, 2)
    middle = at(path, 150, *ids)
    assert [run.state for run in middle.runs] == ["running", "finished"]  # the newest first
    assert middle.counts == {"running": 1, "finished": 1}
    assert middle.runs[1].reason == "planned iterations done"
    assert middle.runs[0].ended_at is None
    start = at(path, START, *ids)
    assert [run.iterations_done for run in start.runs] == [0, 0]
    end = at(path, float("inf"), *ids)
    assert [run.state for run in end.runs] == ["finished", "finished"]
    assert end.replay_data is not None
    assert end.final is not None
    assert end.final.runs == end.runs


def test_what_was_told_to_a_run_comes_when_it_was(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    with open_for_writing(path) as store:
        store.queue.command(1, "set-step-size", "0.5")
    (command,) = writer.write()
    writer.write(block_of(NOISY[100:200], 100), applied=[(command.command_id, 100, "step size 0.5")])
    writer.finish()
    assert [present(at(path, done).run(1)).step_size_now for done in (0, 99, 100, 200)] == [None, None, 0.5, 0.5]
    assert at(path, 99).seen[1].events == ()
    assert [event.verb for event in at(path, 100).seen[1].events] == ["set-step-size"]
    replay_data = at(path, 0).replay_data
    assert replay_data is not None
    assert replay_data.marks(("steering",)) == [(1, 100)]


def test_a_fork_begins_where_it_left_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    parent = written(path, NOISY[:100])
    with open_for_writing(path) as store:
        raw_spec = store.queue.spec_at(1, 60)
        store.queue.fork(1, 60, raw_spec.changed(step_size=0.5), "fork")
        claim = store.queue.claim(parent.claim.worker_id)
        assert claim is not None
        fork = store.writer(claim)
        fork.begin("{}", 256, best_before=float(NOISY[:60].min()))
        inherited = [Evaluation(60, "train", 0.5, 0.9)]
        fork.write(block_of(NOISY[200:240], 60), checkpoint=Checkpoint(60, b"", "resume"), evaluations=inherited)
        fork.finish()
    before = at(path, 30, 1, 2)
    assert {run.run_id: (run.state, run.iterations_done) for run in before.runs} == {
        1: ("running", 30),
        2: ("queued", 60),
    }
    waiting = before.run(2)
    assert waiting is not None
    assert (waiting.last_loss, waiting.best_loss, waiting.elapsed_s) == (None, None, 0.0)
    assert (before.seen[2].evaluations, before.seen[2].events) == ((), ())
    assert before.replay_data is not None
    line = before.replay_data.timeline("iteration")
    assert (line.cut(30.0), line.cut_of_started(30.0)) == ({1: 30, 2: 60}, {1: 30})
    assert Clock(position=30.0).of_kind("examples", before.replay_data).position == 30.0  # where the parent had come
    begun = at(path, 60, 1, 2).run(2)
    assert begun is not None
    assert (begun.state, begun.iterations_done, begun.last_loss) == ("running", 60, NOISY[59])
    later = at(path, 70, 1, 2)
    assert later.seen[2].curve.count.sum() == 10
    assert present(later.run(2)).current_loss == pytest.approx(smoothed(NOISY[200:210], np.ones(10), 1 / HALF_LIFE)[-1])
    assert "fork" in [event.verb for event in later.seen[1].events]
    assert "fork" not in [event.verb for event in before.seen[1].events]


def test_a_search_that_was_forked_has_the_best_that_it_went_on_from(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        parent = claimed_writer(store, defaults("local-search"))
        parent.finish(block=block_of([3.0, 0.8, 2.0, 2.0]))
        store.queue.fork(1, 3, store.queue.spec_at(1, 3), "fork")
        claim = store.queue.claim(parent.claim.worker_id)
        assert claim is not None
        fork = store.writer(claim)
        fork.begin("{}", 256, best_before=0.8)
        fork.write(block_of([1.4, 1.2], 3))
        assert (present(store.reader().run(2)).best_loss, present(store.reader().run(2)).best_iteration) == (0.8, None)
        fork.finish(block=block_of([0.7, 0.9], 5))
    found = [at(path, done, 1, 2).run(2) for done in (2, 3, 4, 6, 7)]
    assert [present(run).best_loss for run in found] == [None, 0.8, 0.8, 0.7, 0.7]
    then = at(path, 5, 1, 2)
    assert preview_of(present(then.run(2)), then.seen[2].curve).shape == (0.8, 0.8, 0.8)


@pytest.mark.parametrize("count", [0, 1])
def test_a_run_with_next_to_nothing_in_it(tmp_path: Path, count: int) -> None:
    path = tmp_path / "runs.db"
    written(path, NOISY[:count], ended=False)
    snapshot = at(path, float("inf"))
    assert snapshot.runs[0].iterations_done == count
    assert snapshot.runs[0].state == "running"
    assert len(snapshot.seen[1].curve.iteration) == count


def test_a_run_that_still_waits_and_one_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
    snapshot = at(path, 0, 1, 99)
    assert [run.state for run in snapshot.runs] == ["queued"]
    assert at(path, 0, 99).runs == ()


def test_a_run_that_goes_on_moves_the_end_of_the_tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.reading.past_snapshots.EDGE_S", 0.0)
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    source = Source(path)
    wanted = ReadRequest(replayed(Choices(), (1,)), 60, moment=Moment((1,), "iteration", 50.0))
    first = source.read(wanted)
    assert first is not None
    assert first.replay_data is not None
    assert first.replay_data.goes_on
    assert first.runs[0].iterations_done == 50
    assert source.read(wanted) is None  # nothing has changed
    writer.write(block_of(NOISY[100:300], 100))
    later = source.read(wanted)
    assert later is not None
    assert later.replay_data is not None
    assert later.replay_data.timeline("iteration").end == 300
    assert later.runs[0].iterations_done == 50
    live = source.read(ReadRequest(columns=60))
    assert live is not None
    assert live.replay_data is None
    assert live.runs[0].iterations_done == 300
    source.close()


def test_a_store_that_cannot_be_written_is_played_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "runs.db"
    path.parent.mkdir()
    written(path, NOISY[:100])
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert at(path, 50).runs[0].iterations_done == 50
    finally:
        os.chmod(path.parent, 0o700)


def test_a_moment_is_read_from_what_is_held(noisy: Path) -> None:
    from engine.store import open_for_reading

    reader, past = open_for_reading(noisy), PastReader()
    past.follow(reader, (1,), reader.data_version())
    choices = replayed(Choices(), (1,))
    early = past.at(reader, Moment((1,), "iteration", 30_000.0), ReadRequest(choices, 60), LivenessReader())
    late = past.at(reader, Moment((1,), "iteration", 60_000.0), ReadRequest(choices, 60), LivenessReader())
    again = past.at(reader, Moment((1,), "iteration", 30_000.0), ReadRequest(choices, 60), LivenessReader())
    assert early.runs == again.runs != late.runs
    assert early.replay_data is late.replay_data
    assert early.final is late.final
    reader.close()
