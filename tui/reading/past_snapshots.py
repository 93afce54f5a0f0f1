"""PastReader: some runs as they were at a moment, read from the store. Nothing later is in what it returns."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from engine.store import Reader, Run, RunBackground, RunState
from engine.trace.block import Block
from engine.trace.curve import Curve
from tui.model import x_extent
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.clock import Moment
from tui.model.run_seen import UNSEEN, RowPreview, RunSeen, VisiblePart, Weights
from tui.model.snapshot import ReadRequest, Snapshot
from tui.model.timelines import ReplayData, Timeline, replay_data_of
from tui.reading.liveness import LivenessReader
from tui.reading.recorded_run import AFTER_WAITING, RecordedRun, recorded_run_of
from tui.reading.row_previews import PreviewReader, on_one_scale, preview_of
from tui.reading.visible_part import visible_part
from tui.reading.weights import WeightsReader

GOING_ON = (*AFTER_WAITING, "stop", "take-up")
"""The events that end a standstill."""

EDGE_S = 1.0
"""How often it is read how far the runs are that still go on."""


Standstill = Literal["", "paused", "lost"]


@dataclass(frozen=True, slots=True)
class RunPosition:
    """Where a moment falls in a run: the iterations done by then, the state, and why it stood still if it did."""

    done: int
    state: RunState
    stands_still: Standstill = ""


@dataclass(frozen=True, slots=True)
class RunAtMoment:
    """Where a run was: what it was like, its whole curve until then, and its newest iteration."""

    cut: RunPosition
    run: Run
    whole: Curve
    newest: Block | None


class PastReader:
    """Reads moments of some runs, and keeps what does not depend on the moment."""

    def __init__(self) -> None:
        self._recorded_runs: dict[int, RecordedRun] = {}
        self._replay_data = ReplayData()
        self._known: tuple[object, ...] = ()
        self._looked_s = float("-inf")
        self._previews = PreviewReader()
        self._weights_reader = WeightsReader()
        self._seen: dict[int, RunSeen] = {}
        self._final: tuple[object, Snapshot] | None = None

    @property
    def runs(self) -> list[Run]:
        """The runs as they are now."""
        return [recorded_run.run for recorded_run in self._recorded_runs.values()]

    def follow(self, reader: Reader, run_ids: tuple[int, ...], version: int) -> bool:
        """Take over what was written since; whether there was anything. Runs that are gone are left out."""
        now_s = time.monotonic()
        known = (run_ids, version)
        if known == self._known or (known[:1] == self._known[:1] and now_s - self._looked_s < EDGE_S):
            return False
        self._known, self._looked_s = known, now_s
        found = (reader.run(run_id) for run_id in run_ids)
        runs = [run for run in found if run is not None and run.deleted_at is None]
        held = self._recorded_runs
        if [run.run_id for run in runs] == list(held) and all(held[run.run_id].run == run for run in runs):
            return False
        self._recorded_runs = {
            run.run_id: held[run.run_id]
            if run.run_id in held and held[run.run_id].run == run
            else recorded_run_of(reader, run)
            for run in runs
        }
        self._replay_data = replay_data_of([recorded_run.recording for recorded_run in self._recorded_runs.values()])
        return True

    def at(self, reader: Reader, moment: Moment, wanted: ReadRequest, liveness: LivenessReader) -> Snapshot:
        """The runs as they were at a moment, with the tape to move along and how it all ended."""
        line, choices, columns = self._replay_data.timeline(moment.kind), wanted.choices, wanted.columns
        snapshot = self._snapshot(reader, line, moment.position, choices, columns)
        edge = {run.run_id: run.iterations_done for run in self.runs}
        judged = {
            run.run_id: liveness.judged[run.run_id]
            for run in snapshot.runs
            if run.run_id in liveness.judged and run.iterations_done == edge[run.run_id]
        }
        judged |= {
            run.run_id: "lost"
            for run in snapshot.runs
            if _stands_still(self._recorded_runs[run.run_id], line, moment.position) == "lost"
        }
        is_now = moment.position >= line.end
        alone = snapshot.run(choices.pointed) if choices.closely else None
        return replace(
            snapshot,
            sought=choices.cursor,
            previews=self._previews_at(reader, snapshot) if wanted.rows else {},
            weights=None if alone is None else self._weights(reader, alone),
            background=None if alone is None else _background(reader, alone, is_now=is_now),
            judged=judged,
            speeds={run.run_id: run.iterations_per_s or 0.0 for run in snapshot.runs if run.state == "running"},
            workers=liveness.workers if is_now else 0,
            most_workers=liveness.most_workers if is_now else 0,
            replay_data=self._replay_data,
            final=self._in_the_end(reader, line, choices, columns),
        )

    def _weights(self, reader: Reader, run: Run) -> Weights | None:
        """What a run had kept by then."""
        return None if run.state == "queued" else self._weights_reader.read(reader, run, run.iterations_done)

    def _previews_at(self, reader: Reader, snapshot: Snapshot) -> dict[int, RowPreview]:
        """The shapes of the curves so far; where a run has come to its end, what the live table shows of it."""
        now = [run for run in snapshot.runs if run == self._recorded_runs[run.run_id].run]
        found = self._previews.read(reader, now, 0, len(now))
        for run in snapshot.runs:
            if run.run_id not in found:
                found[run.run_id] = preview_of(run, snapshot.of(run.run_id).whole)
        return on_one_scale(found)

    def _in_the_end(self, reader: Reader, line: Timeline, choices: Choices, columns: int) -> Snapshot:
        """The runs as far as they have come, which tells the range of the axes."""
        chart_options = choices.chart_options
        wanted = (
            self._replay_data,
            columns,
            chart_options.metrics,
            chart_options.smoothing,
            chart_options.x_kind,
            chart_options.log_x,
        )
        if self._final is None or self._final[0] != wanted:
            whole = choices.with_chart_options(replace(chart_options, window=None, cursor=None))
            self._final = wanted, self._snapshot(reader, line, line.end, whole, columns)
        return self._final[1]

    def _snapshot(self, reader: Reader, line: Timeline, position: float, choices: Choices, columns: int) -> Snapshot:
        cuts = {run_id: _cut(recorded_run, line, position) for run_id, recorded_run in self._recorded_runs.items()}
        newest = reader.iterations_at({run_id: cut.done - 1 for run_id, cut in cuts.items()})
        standing = {
            run_id: _standing(recorded_run, cuts[run_id], newest.get(run_id), reader, columns)
            for run_id, recorded_run in self._recorded_runs.items()
        }
        # a narrow window has moved on by more than its width when a replay is fast
        drawn = (one.run for run_id, one in standing.items() if run_id in choices.drawn)
        chart_options = choices.chart_options.followed(x_extent.newest_going_on(choices.chart_options, drawn))
        seen = {
            run_id: _seen(
                recorded_run, standing[run_id], reader, chart_options, columns, self._seen.get(run_id, UNSEEN).visible
            )
            for run_id, recorded_run in self._recorded_runs.items()
        }
        self._seen = seen
        runs = tuple(sorted((one.run for one in standing.values()), key=lambda run: -run.run_id))
        return Snapshot(
            rows=runs,
            runs=runs,
            total=len(runs),
            fitting=len(runs),
            counts=Counter(run.state for run in runs),
            seen=seen,
        )


def _standing(
    recorded_run: RecordedRun, cut: RunPosition, newest: Block | None, reader: Reader, columns: int
) -> RunAtMoment:
    """A run at a cut, `newest` being the last iteration before it."""
    whole = recorded_run.cache.curve(reader, cut.done, columns, newest)
    spec = recorded_run.run.spec
    is_averaged = (
        spec is not None
        and spec.is_noisy
        and recorded_run.run.first_iteration < cut.done < recorded_run.run.iterations_done
    )
    average = reader.average_loss(recorded_run.run.run_id, cut.done) if is_averaged else math.nan
    return RunAtMoment(cut, recorded_run.after(cut.done, cut.state, whole, newest, average), whole, newest)


def _seen(
    recorded_run: RecordedRun,
    standing: RunAtMoment,
    reader: Reader,
    chart_options: ChartOptions,
    columns: int,
    known: VisiblePart,
) -> RunSeen:
    """What is looked at of a run where it was; `known` is the part of it that was visible last."""
    run, whole, newest, cut = standing.run, standing.whole, standing.newest, standing.cut
    visible = visible_part(reader, chart_options, run, whole, columns, known, ending=True)
    if cut.state == "queued":
        return RunSeen(whole, visible)
    # what ends a standstill happens before the iteration at which it stands, but not yet
    to_come = GOING_ON if cut.stands_still else ()
    norms = None if newest is None else newest.gradient_norm
    return RunSeen(
        whole=whole,
        visible=visible,
        evaluations=tuple(one for one in recorded_run.evaluations if one.iteration <= cut.done),
        events=tuple(
            one
            for one in recorded_run.events
            if one.iteration < cut.done or (one.iteration == cut.done and one.verb not in to_come)
        ),
        before=recorded_run.cache.before(reader, columns),
        gradient_norm=None if norms is None else float(norms[-1]),
    )


def _cut(recorded_run: RecordedRun, line: Timeline, position: float) -> RunPosition:
    """How far a run had come at a position."""
    run = recorded_run.run
    track = line.tracks.get(run.run_id)
    if track is None:
        return RunPosition(run.first_iteration, run.state if position >= line.end else "queued")
    stands_still = _stands_still(recorded_run, line, position)
    if position >= track.end:
        return RunPosition(run.iterations_done, run.state, stands_still)
    if position < track.begin:
        return RunPosition(run.first_iteration, "queued", stands_still)
    return RunPosition(track.iterations_at(position), "paused" if stands_still == "paused" else "running", stands_still)


def _background(reader: Reader, run: Run, *, is_now: bool) -> RunBackground:
    """Where a run comes from; which workers it had is only known of now."""
    background = reader.background(run)
    return background if is_now else replace(background, worker=None, times_lost=0)


def _stands_still(recorded_run: RecordedRun, line: Timeline, position: float) -> Standstill:
    """Whether a run stood still at a position, and why."""
    track = line.tracks.get(recorded_run.run.run_id)
    if track is None or not track.is_held(position):
        return ""
    lost_at = {at for at, _ in recorded_run.recording.losses} - {at for at, _ in recorded_run.recording.pauses}
    return "lost" if track.iterations_at(position) in lost_at else "paused"
