"""Logged runs: how a recorder begins one or takes it over, and its writes to it, one short transaction each."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from engine.store.file.connection import Connection
from engine.store.file.timing import utc_now
from engine.store.programs.attaching import attach
from engine.store.programs.output import append_output
from engine.store.programs.run_metrics import RunMetrics, first_step, loss_of, primary_of, steps_of
from engine.store.records import ENDED, Command, FencedOff, NoRun, Refused, RunState
from engine.store.records.logged import LOST, LoggedClaim, LoggedFacts, LoggedNews, Measured
from engine.store.write.catalogue import storable
from engine.store.write.steering import answer, came_too_late, note, unanswered
from engine.store.write.tags import tags_to_text
from engine.store.write.writer import WORKER_HEARTBEAT_S
from engine.text import clean

SPEC = "null"
"""The spec of a run that is no run of the engine: JSON, and nothing."""

FENCE = "run_id = ? AND worker_id = ? AND attempt = ? AND state IN ('running', 'paused')"
"""Condition of every write of a recorder, which owns its run while the program waits, too."""

KNOWN = "SELECT run_id, stream, state, received, elapsed_s, iterations_done FROM runs WHERE logged_id = ?"

TAKE = """
    UPDATE runs SET state = 'running', worker_id = ?, attempt = attempt + 1, heartbeat_s = ?, reason = '',
                    ended_at = NULL, exit_code = NULL, times_lost = 0, stream = ?, received = ?
    WHERE run_id = ? RETURNING attempt
"""


class Logged:
    """Runs that other programs log, as their recorders begin them."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float]) -> None:
        self._connection = connection
        self._boot_clock = boot_clock

    def begin(self, worker_id: int, facts: LoggedFacts) -> LoggedClaim:
        """Claim the run of these facts for a recorder: a new one, or the one that goes on.

        Another recorder of the same stream loses its claim. A program that may not go on with a run of its id, or must
        and finds none, gets a new run; `notice` says so.
        """
        with self._connection.transaction() as raw:
            attached = attach(raw, worker_id, facts)
            if attached is not None:
                return attached
            row = raw.execute(KNOWN, (facts.logged_id,)).fetchone()
            notice = ""
            if row is None:
                if facts.resume == "must":
                    notice = f"There is no run {facts.logged_id!r} in this store to go on with; this is a new one."
                return self._insert(raw, worker_id, facts, notice)
            run_id, stream, state, received, elapsed_s, done = row
            if stream == facts.stream:
                return self._take(raw, worker_id, facts, run_id, received, elapsed_s=0.0, done=done)
            is_open = state in ("running", "paused")
            if facts.resume == "never" or is_open:
                why = "is being logged by another process" if is_open else "is there already"
                notice = f"A run {facts.logged_id!r} {why}; this one is logged as a new run."
                known = raw.execute(KNOWN, (facts.stream,)).fetchone()
                facts = replace(facts, logged_id=facts.stream)
                if known is not None:
                    return self._take(raw, worker_id, facts, known[0], known[3], elapsed_s=0.0, done=known[5])
                return self._insert(raw, worker_id, facts, notice)
            raw.execute("UPDATE runs SET listens = 0 WHERE run_id = ?", (run_id,))
            claim = self._take(raw, worker_id, facts, run_id, 0, elapsed_s=elapsed_s, done=done)
            note(raw, run_id, "resume", "", done, "its program goes on with it")
            return claim

    def choose_metric(self, run_id: int, name: str) -> str:
        """Let a metric stand for a logged run, '' lets its name decide; returns what was chosen before.

        Raises NoRun, and Refused for a run of the engine, or where the run has no such metric.
        """
        with self._connection.transaction() as raw:
            row = raw.execute("SELECT primary_metric, kind FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is None:
                raise NoRun(run_id)
            if row[1] == "engine":
                raise Refused(f"Run {run_id} is of the engine: its train loss stands for it.")
            last = dict(raw.execute("SELECT name, last FROM metrics WHERE run_id = ? ORDER BY metric_id", (run_id,)))
            if name and name not in last:
                raise Refused(f"Run {run_id} has logged no metric {clean(name, 80)!r}.")
            standing = primary_of(last, name)
            loss = None if standing is None else last[standing]
            raw.execute(
                "UPDATE runs SET primary_metric = ?, last_loss = ?, current_loss = ?, revision = revision + 1 "
                "WHERE run_id = ?",
                (name, loss, loss, run_id),
            )
            return str(row[0])

    def _insert(self, raw: sqlite3.Connection, worker_id: int, facts: LoggedFacts, notice: str) -> LoggedClaim:
        now = utc_now()
        cursor = raw.execute(
            "INSERT INTO runs (kind, name, state, spec, created_at, started_at, worker_id, attempt, heartbeat_s, "
            "project, run_group, config, tags, note, environment, logged_id, stream, listens) "
            "VALUES ('logged', ?, 'running', ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (storable(facts.name), SPEC, now, now, worker_id, self._boot_clock(), storable(facts.project),
             storable(facts.group), facts.config, tags_to_text(map(storable, facts.tags)), storable(facts.note),
             facts.environment, storable(facts.logged_id), facts.stream),
        )  # fmt: skip
        return LoggedClaim(int(cursor.lastrowid or 0), worker_id, 1, notice=notice)

    def _take(
        self, raw: sqlite3.Connection, worker_id: int, facts: LoggedFacts, run_id: int, received: int,
        *, elapsed_s: float, done: int,
    ) -> LoggedClaim:  # fmt: skip
        now_s = self._boot_clock()
        row = raw.execute(TAKE, (worker_id, now_s, facts.stream, received, run_id)).fetchone()
        return LoggedClaim(run_id, worker_id, row[0], received, elapsed_s, done)


class LoggedWriter:
    """The only writer of a logged run, as long as its claim holds; see RunWriter.

    Every method is one transaction; raises FencedOff, having written nothing, when another recorder has the run. After
    any other StoreError the same call may be repeated.
    """

    fence = FENCE
    """SQL condition: the run, which is still its recorder's."""

    def __init__(self, connection: Connection, claim: LoggedClaim, boot_clock: Callable[[], float]) -> None:
        self.claim = claim
        self._connection = connection
        self._boot_clock = boot_clock
        self._worker_heartbeat_s = -np.inf
        self._metrics = RunMetrics(connection, claim.run_id)
        self._cuts = claim.is_again
        self._steps = claim.next_step
        self._rate_from = (claim.elapsed_s, self._steps)
        self._state: RunState = "running"

    @property
    def next_step(self) -> int:
        """The step after the largest that is stored."""
        return self._steps

    def write(self, batch: Mapping[str, Measured], news: LoggedNews) -> list[Command]:
        """Commit measurements by name, in the order they were logged, and what else is new; returns the run's waiting
        commands, oldest first."""
        if news.waits is not None:
            self._state = "paused" if news.waits else "running"
        return self._commit(self._state, "", batch, news)

    def end(self, state: RunState, reason: str, batch: Mapping[str, Measured], news: LoggedNews) -> None:
        """End the run as finished, failed or cancelled, with its last batch."""
        self._commit(state, reason, batch, news)

    def note_waiting(self, reason: str) -> None:
        """Store why the run waits, with a heartbeat; the next write clears the reason."""
        with self._connection.transaction() as raw:
            values = (reason, self._boot_clock(), *self._fence)
            if raw.execute(f"UPDATE runs SET reason = ?, heartbeat_s = ? WHERE {FENCE}", values).rowcount != 1:
                raise self._fenced()

    def _commit(self, state: RunState, reason: str, batch: Mapping[str, Measured], news: LoggedNews) -> list[Command]:
        now_s, run_id = self._boot_clock(), self.claim.run_id
        with self._connection.transaction() as raw:
            claimed = raw.execute(f"SELECT primary_metric FROM runs WHERE {self.fence}", self._fence).fetchone()
            if claimed is None:
                raise self._fenced()
            begins = first_step(batch)
            metrics = self._metrics.write(raw, batch, cuts=self._cuts)
            steps, loss = max(self._steps, steps_of(metrics)), loss_of(metrics, claimed[0])
            is_revised = begins is not None and begins < self._steps
            self._update_run(raw, state, reason, news, steps, loss, now_s, is_revised=is_revised)
            self._store_news(raw, news, steps)
            if state in ENDED:
                came_too_late(raw, run_id)
            heartbeat_due = now_s - self._worker_heartbeat_s >= WORKER_HEARTBEAT_S
            if heartbeat_due:
                raw.execute("UPDATE workers SET heartbeat_s = ? WHERE worker_id = ?", (now_s, self.claim.worker_id))
            waiting = unanswered(raw, run_id)
        self._metrics.accept(metrics)
        self._steps, self._cuts = steps, self._cuts and begins is None
        if heartbeat_due:
            self._worker_heartbeat_s = now_s
        return waiting

    def _update_run(
        self, raw: sqlite3.Connection, state: RunState, reason: str, news: LoggedNews, steps: int, loss: float | None,
        now_s: float, *, is_revised: bool,
    ) -> None:  # fmt: skip
        since_s, since = self._rate_from
        took_s = news.elapsed_s - since_s
        raw.execute(
            "UPDATE runs SET state = ?, reason = ?, ended_at = ?, received = ?, elapsed_s = ?, iterations_done = ?, "
            "last_loss = ?, current_loss = ?, iterations_per_s = coalesce(?, iterations_per_s), heartbeat_s = ?, "
            "config = coalesce(?, config), summary = coalesce(?, summary), knobs = coalesce(?, knobs), "
            "name = coalesce(?, name), tags = coalesce(?, tags), note = coalesce(?, note), "
            "listens = coalesce(?, listens), exit_code = coalesce(?, exit_code), revision = revision + ?, "
            "times_lost = ? WHERE run_id = ?",
            (state, reason, utc_now() if state in ENDED else None, news.received, news.elapsed_s, max(steps, 0), loss,
             loss, (steps - since) / took_s if took_s > 0 else None, now_s, news.config, news.summary, news.knobs,
             None if news.name is None else storable(news.name),
             None if news.tags is None else tags_to_text(map(storable, news.tags)),
             None if news.note is None else storable(news.note), news.listens, news.exit_code, is_revised,
             state == "failed" and reason == LOST, self.claim.run_id),
        )  # fmt: skip

    def _store_news(self, raw: sqlite3.Connection, news: LoggedNews, steps: int) -> None:
        run_id = self.claim.run_id
        for step, text in news.marks:
            note(raw, run_id, "mark", storable(text), step, storable(text))
        raw.executemany(
            "INSERT OR REPLACE INTO evaluations (run_id, iteration, split, loss, accuracy) VALUES (?, ?, ?, ?, ?)",
            [(run_id, step, storable(split), loss, accuracy) for step, split, loss, accuracy in news.evaluations],
        )
        for step, split, loss, accuracy in news.evaluations:
            if split in ("train", "validation", "test"):
                raw.execute(
                    f"UPDATE runs SET {split}_loss = ?, {split}_accuracy = ?, "
                    "evaluated_at = iif(?, ?, evaluated_at) WHERE run_id = ?",
                    (loss, accuracy, split == "train", step, run_id),
                )
            if split == "train" and math.isfinite(loss):
                raw.execute(
                    "UPDATE runs SET best_loss = ?1, best_iteration = ?2 WHERE run_id = ?3 "
                    "AND ?1 < coalesce(best_loss, 9e999)",
                    (loss, step, run_id),
                )
        append_output(raw, run_id, news.output)
        for command_id, at, outcome in news.applied:
            answer(raw, command_id, at, storable(outcome))

    @property
    def _fence(self) -> tuple[int, int, int]:
        return self.claim.run_id, self.claim.worker_id, self.claim.attempt

    def _fenced(self) -> FencedOff:
        return FencedOff(
            f"run {self.claim.run_id} is no longer this recorder's (attempt {self.claim.attempt}); nothing was written"
        )
