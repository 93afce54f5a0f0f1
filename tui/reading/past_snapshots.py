"""PastReader: reads runs as they were at a moment of a replay; a snapshot holds nothing later."""

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
from tui.model.metrics.order import shown
from tui.model.run_seen import UNSEEN, ProgramSeen, RowPreview, RunSeen, VisiblePart, Weights
from tui.model.snapshot import ReadRequest, Snapshot
from tui.model.timelines import ReplayData, Timeline, replay_data_of
from tui.reading.curves.logged import logged_parts
from tui.reading.curves.visible_part import visible_part
from tui.reading.liveness import LivenessReader
from tui.reading.program import program_seen
from tui.reading.recorded_run import AFTER_WAITING, RecordedRun, recorded_run_of
from tui.reading.row_previews import PreviewReader, on_one_scale, preview_of
from tui.reading.weights import WeightsReader

GOING_ON = (*AFTER_WAITING, "stop", "take-up")
"""Events that end a standstill."""

EDGE_S = 1.0
"""Shortest time in seconds between two reads of how far running runs have come."""


Standstill = Literal["", "paused", "lost"]


@dataclass(frozen=True, slots=True)
class RunPosition:
    """A run's position at a moment: iterations done, state, and the reason if it stood still."""

    done: int
    state: RunState
    stands_still: Standstill = ""


@dataclass(frozen=True, slots=True)
class RunAtMoment:
    """A run at a moment: the run as it was, its whole curve so far, and its newest iteration."""

    run_position: RunPosition
    run: Run
    whole: Curve
    newest: Block | None


class PastReader:
    """Reads moments of some runs, and caches what does not depend on the moment."""

    def __init__(self) -> None:
        self._recorded_runs: dict[int, RecordedRun] = {}
        self._replay_data = ReplayData()
        self._known: tuple[object, ...] = ()
        self._read_s = float("-inf")
        self._previews = PreviewReader()
        self._weights_reader = WeightsReader()
        self._seen: dict[int, RunSeen] = {}
        self._final: tuple[object, Snapshot] | None = None

    @property
    def runs(self) -> list[Run]:
        """The runs as they are now, in the order of the replay."""
        return [recorded_run.run for recorded_run in self._recorded_runs.values()]

    def follow(self, reader: Reader, run_ids: tuple[int, ...], version: int) -> bool:
        """Read what was written since the last call; return True if the runs changed. Deleted runs are left out."""
        now_s = time.monotonic()
        known = (run_ids, version)
        if known == self._known or (known[:1] == self._known[:1] and now_s - self._read_s < EDGE_S):
            return False
        self._known, self._read_s = known, now_s
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
        """Return the runs as they were at a moment, with the replay's data and its final snapshot."""
        line, choices, columns = self._replay_data.timeline(moment.kind), wanted.choices, wanted.columns
        snapshot = self._snapshot(reader, line, moment.position, choices, columns)
        newest_done = {run.run_id: run.iterations_done for run in self.runs}
        judged = {
            run.run_id: liveness.judged[run.run_id]
            for run in snapshot.runs
            if run.run_id in liveness.judged and run.iterations_done == newest_done[run.run_id]
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
            looked_up=choices.cursor,
            previews=self._previews_at(reader, snapshot) if wanted.rows else {},
            weights=None if alone is None else self._weights(reader, alone),
            program=None if alone is None else self._program(reader, alone, choices),
            background=None if alone is None else _background(reader, alone, is_now=is_now),
            judged=judged,
            speeds={run.run_id: run.iterations_per_s or 0.0 for run in snapshot.runs if run.state == "running"},
            workers=liveness.workers if is_now else 0,
            most_workers=liveness.most_workers if is_now else 0,
            workforce=liveness.workforce if is_now else (),
            replay_data=self._replay_data,
            final=self._final_snapshot(reader, line, choices, columns),
        )

    def _program(self, reader: Reader, run: Run, choices: Choices) -> ProgramSeen | None:
        """Return what is known of a run's program; what it measured only where the run is as it is now."""
        is_now = run == self._recorded_runs[run.run_id].run
        return program_seen(reader, run, choices.marked, is_now=is_now)

    def _weights(self, reader: Reader, run: Run) -> Weights | None:
        """Return the newest stored weights by then; None before the run started."""
        return None if run.state == "queued" else self._weights_reader.read(reader, run, run.iterations_done)

    def _previews_at(self, reader: Reader, snapshot: Snapshot) -> dict[int, RowPreview]:
        """Return the previews of the curves so far; a run at its end has the same preview as in the live table."""
        now = [run for run in snapshot.runs if run == self._recorded_runs[run.run_id].run]
        found = self._previews.read(reader, now, 0, len(now))
        for run in snapshot.runs:
            if run.run_id not in found:
                found[run.run_id] = preview_of(run, snapshot.of(run.run_id).whole)
        return on_one_scale(found)

    def _final_snapshot(self, reader: Reader, line: Timeline, choices: Choices, columns: int) -> Snapshot:
        """Return the snapshot at the end of the timeline, which sets the range of held axes."""
        chart_options = choices.chart_options
        wanted = (
            self._replay_data,
            columns,
            chart_options.layout == "measures",
            chart_options.metric,
            chart_options.smoothing,
            chart_options.x_kind,
            chart_options.log_x,
        )
        if self._final is None or self._final[0] != wanted:
            whole = choices.with_chart_options(replace(chart_options, window=None, cursor=None))
            self._final = wanted, self._snapshot(reader, line, line.end, whole, columns)
        return self._final[1]

    def _snapshot(self, reader: Reader, line: Timeline, position: float, choices: Choices, columns: int) -> Snapshot:
        run_positions = {
            run_id: _run_position(recorded_run, line, position) for run_id, recorded_run in self._recorded_runs.items()
        }
        newest = reader.iterations_at({run_id: run_position.done - 1 for run_id, run_position in run_positions.items()})
        at_moment = {
            run_id: _run_at_moment(recorded_run, run_positions[run_id], newest.get(run_id), reader, columns)
            for run_id, recorded_run in self._recorded_runs.items()
        }
        # in a fast replay the window may have to move by more than its width
        drawn = (one.run for run_id, one in at_moment.items() if run_id in choices.drawn)
        chart_options = choices.chart_options.followed(x_extent.newest_going_on(choices.chart_options, drawn))
        metrics = shown(
            chart_options,
            [one.metrics for run_id, one in self._recorded_runs.items() if run_id in choices.drawn],
        )
        seen = {
            run_id: _seen(
                recorded_run,
                at_moment[run_id],
                reader,
                chart_options,
                columns,
                self._seen.get(run_id, UNSEEN).visible,
                metrics,
            )
            for run_id, recorded_run in self._recorded_runs.items()
        }
        self._seen = seen
        runs = tuple(sorted((one.run for one in at_moment.values()), key=lambda run: -run.run_id))
        return Snapshot(
            rows=runs,
            runs=runs,
            total=len(runs),
            fitting=len(runs),
            counts=Counter(run.state for run in runs),
            seen=seen,
        )


def _run_at_moment(
    recorded_run: RecordedRun, run_position: RunPosition, newest: Block | None, reader: Reader, columns: int
) -> RunAtMoment:
    """Return a run at a position; `newest` is the last iteration before it."""
    whole = recorded_run.cache.curve(reader, run_position.done, columns, newest)
    spec = recorded_run.run.spec
    is_averaged = (
        spec is not None
        and spec.is_noisy
        and recorded_run.run.first_iteration < run_position.done < recorded_run.run.iterations_done
    )
    average = reader.average_loss(recorded_run.run.run_id, run_position.done) if is_averaged else math.nan
    if recorded_run.run.kind != "engine" and recorded_run.run.current_loss is not None and len(whole.last):
        average = float(whole.last[-1])
    return RunAtMoment(
        run_position, recorded_run.after(run_position.done, run_position.state, whole, newest, average), whole, newest
    )


def _seen(
    recorded_run: RecordedRun,
    at_moment: RunAtMoment,
    reader: Reader,
    chart_options: ChartOptions,
    columns: int,
    known: VisiblePart,
    metrics: tuple[str, ...],
) -> RunSeen:
    """Return what is shown of a run at a moment; `known` is its previous visible part, `metrics` are the chart's."""
    run, whole, newest, run_position = at_moment.run, at_moment.whole, at_moment.newest, at_moment.run_position
    visible = visible_part(reader, chart_options, run, whole, columns, known, metrics, ending=True)
    if run.kind != "engine":
        visible = replace(
            visible,
            logged=logged_parts(
                metrics,
                recorded_run.logged,
                recorded_run.metrics,
                run,
                whole,
                chart_options,
                columns,
                lambda name, first, last: recorded_run.past.read(
                    reader, name, first, run.iterations_done - 1 if last is None else last, columns
                ),
                known,
            ),
        )
    if run_position.state == "queued":
        return RunSeen(whole, visible, logged=recorded_run.logged)
    # an event that ends the standstill has the same iteration, but lies in the future
    to_come = GOING_ON if run_position.stands_still else ()
    norms = None if newest is None else newest.gradient_norm
    return RunSeen(
        whole=whole,
        visible=visible,
        evaluations=tuple(one for one in recorded_run.evaluations if one.iteration <= run_position.done),
        events=tuple(
            one
            for one in recorded_run.events
            if one.iteration < run_position.done or (one.iteration == run_position.done and one.verb not in to_come)
        ),
        before=recorded_run.cache.before(reader, columns),
        gradient_norm=None if norms is None else float(norms[-1]),
        logged=recorded_run.logged,
    )


def _run_position(recorded_run: RecordedRun, line: Timeline, position: float) -> RunPosition:
    """Return a run's position at a position of the timeline."""
    run = recorded_run.run
    track = line.tracks.get(run.run_id)
    if track is None:
        is_over = position >= line.end
        return RunPosition(*(run.iterations_done, run.state) if is_over else (run.first_iteration, "queued"))
    stands_still = _stands_still(recorded_run, line, position)
    if position >= track.end:
        return RunPosition(run.iterations_done, run.state, stands_still)
    if position < track.begin:
        return RunPosition(run.first_iteration, "queued", stands_still)
    return RunPosition(track.iterations_at(position), "paused" if stands_still == "paused" else "running", stands_still)


def _background(reader: Reader, run: Run, *, is_now: bool) -> RunBackground:
    """Return where a run comes from; workers are known only at present, so they are cleared for the past."""
    background = reader.background(run)
    return background if is_now else replace(background, worker=None, times_lost=0)


def _stands_still(recorded_run: RecordedRun, line: Timeline, position: float) -> Standstill:
    """Return why a run stood still at a position: 'paused' or 'lost'; '' if it did not."""
    track = line.tracks.get(recorded_run.run.run_id)
    if track is None or not track.is_held(position):
        return ""
    lost_at = {at for at, _ in recorded_run.recording.losses} - {at for at, _ in recorded_run.recording.pauses}
    return "lost" if track.iterations_at(position) in lost_at else "paused"
