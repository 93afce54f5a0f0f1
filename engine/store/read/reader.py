"""Reader: the queries of a store. Every read is bounded and returned whole; no cursor or transaction stays open."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from sys import intern
from typing import Any

from engine.store.list.columns import Variety
from engine.store.list.config_variety import variety_of
from engine.store.list.listing import Listing
from engine.store.list.logged_fields import LoggedField
from engine.store.list.page import BEFORE_RUN, BEFORE_TITLE, PageRequest, page_of
from engine.store.list.run_sql import RUNS
from engine.store.read import previews, sweep_reads
from engine.store.read.cluster_workers import cluster_workers_of
from engine.store.read.logged_values import StoredNames, Values, values_of
from engine.store.read.metrics import (
    EVALUATED,
    RECORDED,
    evaluated_curve,
    logged_curve,
    metrics_of,
    sampled_curve,
    standing,
)
from engine.store.read.output import MOST_PARTS, output_of
from engine.store.read.recorded import Recorded, number
from engine.store.read.steps import StepsPart, steps_of
from engine.store.records import (
    WORKER_COLUMNS,
    ClusterWorker,
    Command,
    Evaluation,
    Event,
    Listed,
    LoggedBackground,
    Metric,
    NoRun,
    Printed,
    Run,
    RunBackground,
    Sweep,
    SweepTitle,
    Worker,
    knobs_from_text,
    readable_script,
    readable_spec,
)  # fmt: skip
from engine.store.write.steering import COMMAND_COLUMNS
from engine.store.write.sweeps import read_sweeps
from engine.store.write.tags import tags_from_text
from engine.sweep import TrainLoss
from engine.trace.curve import Curve

NAMES = [column.name for column in fields(Run) if column.name != "script"]
RUN_COLUMNS = ", ".join(NAMES)
SPEC, TAGS, FIRST, DONE, CURRENT, KIND, KNOBS = map(
    NAMES.index, ("spec", "tags", "parent_iteration", "iterations_done", "current_loss", "kind", "knobs")
)
EVALUATED_PLACES = [
    (NAMES.index(f"{split}_loss"), NAMES.index(f"{split}_accuracy")) for split in ("train", "validation", "test")
]
TOP = PageRequest()
MOST_EVALUATIONS = 10_000
MOST_ROWS = 2**63 - 1


class Reader(Recorded):
    """The read side of a store. Thread-safe: calls are serialised."""

    @property
    def path(self) -> str:
        """The store's file: absolute path, links resolved."""
        return str(self._connection.path)

    def data_version(self) -> int:
        """A number that changes when another connection commits.

        Raises StoreGone when the file was deleted or replaced, since no change would be seen any more.
        """
        self._connection.check_identity()
        return int(self._connection.rows("PRAGMA data_version")[0][0])

    def runs(self, limit: int = 200, offset: int = 0, *, deleted: bool = False) -> list[Run]:
        """Runs, newest first; with `deleted` the deleted ones that are not purged, else the others."""
        rows = self._connection.rows(
            f"SELECT {RUN_COLUMNS} FROM runs WHERE deleted_at IS {'NOT ' if deleted else ''}NULL "
            f"ORDER BY run_id DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [_run(row) for row in rows]

    def listed(self, listing: Listing, around: PageRequest = TOP, judged: Mapping[int, str] | None = None) -> Listed:
        """A page of a list. `judged` maps the ids of running runs that are lost, silent or waiting to that status.

        Raises FilterError when the filter does not parse.
        """
        if listing.plain:
            return self._newest(around)
        sql, values = page_of(listing, around, RUN_COLUMNS, judged or {}, self.logged_names)
        rows = self._connection.rows(sql, values)
        if not rows:
            return Listed((), 0, 0, 0)
        first, total, fitting = rows[0][:BEFORE_TITLE]
        return Listed(tuple(_listed(row) for row in rows), first, total, fitting)

    def fitting(self, listing: Listing, run_ids: Iterable[int], judged: Mapping[int, str]) -> frozenset[int]:
        """Those of some runs that fit the filter of a listing. Raises FilterError when it does not parse."""
        fits, values = listing.fits(judged, self.logged_names)
        among = "run_id IN (SELECT value FROM json_each(?))"
        rows = self._connection.rows(
            f"SELECT run_id FROM {RUNS} WHERE {among} AND ({fits})", (json.dumps(sorted(run_ids)), *values)
        )
        return frozenset(run_id for (run_id,) in rows)

    def variety(self, newest: int = 500) -> Variety:
        """The settings in which the newest runs differ, deleted ones excluded, with their values as text."""
        rows = self._connection.rows(
            "SELECT kind, iif(kind = 'engine', spec, config) FROM runs WHERE deleted_at IS NULL "
            "ORDER BY run_id DESC LIMIT ?",
            (newest,),
        )
        return variety_of(rows)

    @property
    def logged_names(self) -> StoredNames:
        """The names that programs have given to metrics, config and summary."""
        return StoredNames(self._connection)

    def logged_values(self, run_ids: Iterable[int], fields: Sequence[LoggedField]) -> dict[int, Values]:
        """The values that some runs have of logged fields, by run id and by the text of the field."""
        return values_of(self._connection, run_ids, fields)

    def _newest(self, around: PageRequest) -> Listed:
        """A page of all runs, newest first, without reading the rows outside it."""
        total, first = sum(self.counts().values()), around.first
        if around.at_end:
            first = total
        elif around.run_id is not None:
            rows = self._connection.rows(
                "SELECT (SELECT count(*) FROM runs WHERE deleted_at IS NULL AND run_id > r.run_id) FROM runs r "
                "WHERE run_id = ? AND deleted_at IS NULL",
                (around.run_id,),
            )
            first = rows[0][0] - around.limit // 2 if rows else first
        first = max(0, min(first, total - around.limit))
        return Listed(tuple(self.runs(around.limit, first)), first, total, total)

    def running(self, limit: int = 1000) -> list[Run]:
        """Runs stored as running, newest first; `engine.jobs` judges whether they really are."""
        rows = self._connection.rows(
            f"SELECT {RUN_COLUMNS} FROM runs WHERE state = 'running' AND deleted_at IS NULL "
            f"ORDER BY run_id DESC LIMIT ?",
            (limit,),
        )
        return [_run(row) for row in rows]

    def speeds(self, limit: int = 1000) -> dict[int, float]:
        """Iterations per second by run id, of runs stored as running with a measured rate."""
        return dict(
            self._connection.rows(
                "SELECT run_id, iterations_per_s FROM runs "
                "WHERE state = 'running' AND deleted_at IS NULL AND iterations_per_s IS NOT NULL LIMIT ?",
                (limit,),
            )
        )

    def run(self, run_id: int) -> Run | None:
        """One run, deleted or not; None when no run has this id."""
        rows = self._connection.rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE run_id = ?", (run_id,))
        return _run(rows[0]) if rows else None

    def the_run(self, run_id: int) -> Run:
        """The run with this id. Raises NoRun."""
        run = self.run(run_id)
        if run is None:
            raise NoRun(run_id)
        return run

    def runs_by_id(self, run_ids: Iterable[int]) -> list[Run]:
        """The runs with these ids, in no order; unknown ids are omitted."""
        rows = self._connection.rows(
            f"SELECT {RUN_COLUMNS} FROM runs WHERE run_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(run_ids)),),
        )
        return [_run(row) for row in rows]

    def created_at(self) -> str:
        """Creation time of the store, which distinguishes it from another at the same path; '' when not recorded."""
        if not self._connection.rows("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
            return ""
        return str(self._connection.rows("SELECT min(applied_at) FROM _sqlite_migrations")[0][0] or "")

    def counts(self) -> dict[str, int]:
        """Run count per state, deleted runs excluded; empty states omitted."""
        # two index scans that read no rows; + keeps SQLite off the wrong index
        counts: dict[str, int] = dict(self._connection.rows("SELECT state, count(*) FROM runs GROUP BY state"))
        deleted = "SELECT state, count(*) FROM runs WHERE deleted_at IS NOT NULL GROUP BY +state"
        for state, gone in self._connection.rows(deleted):
            counts[state] = counts.get(state, 0) - gone
        return {state: count for state, count in counts.items() if count > 0}

    def evaluations(self, run_id: int, first: int = 0, limit: int = MOST_EVALUATIONS) -> list[Evaluation]:
        """The newest `limit` evaluations of a run from iteration `first` on, oldest first."""
        rows = self._connection.rows(
            "SELECT iteration, split, loss, accuracy FROM evaluations WHERE run_id = ? AND iteration >= ? "
            "ORDER BY iteration DESC, split DESC LIMIT ?",
            (run_id, first, limit),
        )
        return [Evaluation(row[0], intern(str(row[1])), number(row[2]), number(row[3])) for row in reversed(rows)]

    def shapes(self, spans: Mapping[int, int], points: int) -> dict[int, tuple[tuple[float, ...], tuple[float, ...]]]:
        """Mean and lowest losses of each run by run id; `spans` maps run id to the number of its own iterations."""
        return previews.shapes(self._connection, spans, points)

    def background(self, run: Run) -> RunBackground:
        """The background of a run: sweep, last worker, library versions and machine; not those of a script."""
        worker = None if run.worker_id is None else self.worker(run.worker_id)
        found = previews.background(self._connection, run.run_id, worker)
        return found if run.kind != "script" else replace(found, environment=())

    def metrics(self, run_id: int) -> list[Metric]:
        """The metrics that a logged run has measured, in the order in which they came."""
        return metrics_of(self._connection, run_id)

    def standing_metric(self, run_id: int) -> str | None:
        """The metric that stands for a logged run: its main one, else any; None where it has none."""
        return standing(self._connection, run_id)

    def metric_curve(
        self, run_id: int, name: str, columns: int, first: int | None = None, last: int | None = None
    ) -> Curve:
        """The curve of a metric by its name, whichever table holds it, from step `first` to `last`; see `logged_curve`.

        A run of the engine has `loss`, its recorded columns (`data_loss`, `gradient_norm`, `step_size`), and as every
        run the evaluations of its splits, such as `validation/accuracy`.
        """
        logged = logged_curve(self._connection, run_id, name, columns, first, last)
        split, _, column = name.rpartition("/")
        if len(logged.iteration):
            return logged
        if name == "loss" and not self.metrics(run_id):
            return self.curve(run_id, columns, first or 0, last)
        if name in RECORDED:
            return sampled_curve(self.samples(run_id, 4 * columns, first or 0, last), name)
        if split and column in EVALUATED:
            return evaluated_curve(self._connection, run_id, split, column)
        return logged

    def logged_steps(self, run_id: int, names: Sequence[str]) -> Iterator[StepsPart]:
        """The values of some metrics of a run, by step, in bounded parts; see `steps_of`."""
        return steps_of(self._connection, run_id, names)

    def logged_background(self, run_id: int) -> LoggedBackground:
        """What a logged run's program said of it."""
        rows = self._connection.rows(
            "SELECT project, run_group, config, summary, knobs, coalesce(logged_id, ''), coalesce("
            "(SELECT place FROM sources s WHERE s.run_id = r.run_id), ''), scraped FROM runs r WHERE run_id = ?",
            (run_id,),
        )
        return LoggedBackground(*rows[0]) if rows else LoggedBackground()

    def is_stored(self, stream: str, end: int) -> bool:
        """Whether what a process logged is stored up to a position, and its run has ended."""
        ended = "SELECT 1 FROM runs WHERE stream = ? AND received >= ? AND state IN ('finished', 'failed', 'cancelled')"
        return bool(self._connection.rows(ended, (stream, end)))

    def output(self, run_id: int, first: int = 0, limit: int = MOST_PARTS) -> list[Printed]:
        """What a run's program printed, from part `first` on; see `output_of`."""
        return output_of(self._connection, run_id, first, limit)

    def commands(self, run_id: int) -> list[Command]:
        """All commands and decisions about a run, oldest first; one with outcome '' still waits."""
        rows = self._connection.rows(
            f"SELECT {COMMAND_COLUMNS} FROM commands WHERE run_id = ? ORDER BY command_id", (run_id,)
        )
        return [Command(*row) for row in rows]

    def events(self, run_id: int) -> list[Event]:
        """Events of a run by iteration, for marks on its curve: applied commands and forks."""
        rows = self._connection.rows(
            "SELECT iteration, verb, argument, outcome, happened_at FROM events WHERE run_id = ? "
            "ORDER BY iteration, happened_at",
            (run_id,),
        )
        return [Event(*row) for row in rows]

    def sweeps(self, limit: int = 50) -> list[Sweep]:
        """Sweeps with at least one run that is not deleted, newest first."""
        return read_sweeps(
            self._connection,
            "WHERE EXISTS (SELECT 1 FROM runs r WHERE r.sweep_id = s.sweep_id AND r.deleted_at IS NULL) "
            "ORDER BY sweep_id DESC LIMIT ?",
            limit,
        )

    def sweep(self, sweep_id: int) -> Sweep | None:
        """One sweep; None when no sweep has this id."""
        return next(iter(read_sweeps(self._connection, "WHERE sweep_id = ?", sweep_id)), None)

    def sweep_runs(self, sweep_id: int) -> list[Run]:
        """The runs of a sweep in the order they were queued, deleted runs excluded."""
        rows = self._connection.rows(
            f"SELECT {RUN_COLUMNS} FROM runs WHERE sweep_id = ? AND deleted_at IS NULL ORDER BY run_id", (sweep_id,)
        )
        return [_run(row) for row in rows]

    def sweep_evaluations(self, sweep_id: int) -> dict[int, dict[str, Evaluation]]:
        """The newest evaluation of each run of a sweep, by run id and split."""
        return sweep_reads.sweep_evaluations(self._connection, sweep_id)

    def sweep_metric(self, sweep_id: int, name: str) -> dict[int, float]:
        """The newest value of a metric of each run of a sweep that has it, by run id."""
        return sweep_reads.sweep_metric(self._connection, sweep_id, name)

    def sweep_train_losses(self, sweep_id: int) -> dict[int, tuple[TrainLoss, ...]]:
        """Train losses of a sweep's finished runs by run id, oldest first, with iteration and seconds elapsed."""
        return sweep_reads.sweep_train_losses(self._connection, sweep_id)

    def setting(self, name: str) -> str | None:
        """The stored value of a setting; None: it has its default."""
        rows = self._connection.rows("SELECT value FROM settings WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def workers(self) -> list[Worker]:
        """Workers not marked as left; `engine.jobs` judges whether they are alive."""
        rows = self._connection.rows(f"SELECT {WORKER_COLUMNS} FROM workers w WHERE left_at IS NULL ORDER BY worker_id")
        return [Worker(*row) for row in rows]

    def cluster_workers(self) -> list[ClusterWorker]:
        """The cluster workers of bridges that have not left."""
        return cluster_workers_of(self._connection)

    def worker(self, worker_id: int) -> Worker | None:
        """One worker, left or not; None when no worker has this id."""
        rows = self._connection.rows(f"SELECT {WORKER_COLUMNS} FROM workers w WHERE worker_id = ?", (worker_id,))
        return Worker(*rows[0]) if rows else None

    def checkpoint_size(self, run_id: int, iteration: int | None = None) -> tuple[int, int] | None:
        """The iteration and size in bytes of what `checkpoint` returns, without reading it; None without one."""
        return self._newest_checkpoint("length(state)", run_id, iteration)

    def checkpoint(self, run_id: int, iteration: int | None = None) -> tuple[int, bytes] | None:
        """(iteration, state as bytes) of the newest checkpoint, at or before `iteration` if given; None without one."""
        return self._newest_checkpoint("state", run_id, iteration)

    def _newest_checkpoint(self, column: str, run_id: int, iteration: int | None) -> tuple[int, Any] | None:
        rows = self._connection.rows(
            f"SELECT iteration, {column} FROM checkpoints WHERE run_id = ? AND iteration <= ? "
            "ORDER BY iteration DESC LIMIT 1",
            (run_id, MOST_ROWS if iteration is None else iteration),
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def checkpoints(self, run_id: int) -> list[int]:
        """The iterations at which a run has checkpoints, ascending."""
        rows = self._connection.rows("SELECT iteration FROM checkpoints WHERE run_id = ? ORDER BY iteration", (run_id,))
        return [row[0] for row in rows]

    def close(self) -> None:
        """Close the file; idempotent."""
        self._connection.close()


def _run(row: Sequence[Any]) -> Run:
    values = list(row)
    values[SPEC] = readable_spec(row[SPEC]) if row[KIND] == "engine" else None
    values[TAGS] = tags_from_text(row[TAGS])
    values[KNOBS] = knobs_from_text(row[KNOBS])
    if values[CURRENT] is None and values[KIND] == "engine" and values[DONE] > (values[FIRST] or 0):
        values[CURRENT] = math.nan
    for loss, accuracy in EVALUATED_PLACES:
        # SQLite stores NaN as NULL; an accuracy proves that the split was evaluated
        if values[loss] is None and values[accuracy] is not None:
            values[loss] = math.nan
    script = readable_script(row[SPEC]) if row[KIND] == "script" else None
    return Run(**dict(zip(NAMES, values, strict=True)), script=script)


def _listed(row: Sequence[Any]) -> Run | SweepTitle:
    title = row[BEFORE_TITLE:BEFORE_RUN]
    return _run(row[BEFORE_RUN:]) if title[0] is None else SweepTitle(*title)
