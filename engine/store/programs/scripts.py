"""Scripts: runs of somebody's own command, as they are queued, claimed and written by the worker that started them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engine.spec import SpecError
from engine.spec.script import ScriptSpec, script_from_json
from engine.store.file.connection import Connection
from engine.store.file.timing import utc_now
from engine.store.programs.measurements import MetricState
from engine.store.programs.output import append_output
from engine.store.programs.run_metrics import RunMetrics, first_step, loss_of, primary_of, steps_of
from engine.store.programs.script_races import decide_script
from engine.store.programs.slots import next_script
from engine.store.records import ENDED, FencedOff, RunState
from engine.store.records.scripts import ScriptClaim, ScriptNews, ScriptStanding
from engine.store.write.catalogue import storable
from engine.store.write.script_rows import insert_scripts, variables_of
from engine.store.write.steering import answer, came_too_late, end, note, unanswered
from engine.store.write.writer import WORKER_HEARTBEAT_S

CLAIM = """
    UPDATE runs SET state = 'running', worker_id = ?, attempt = attempt + 1, heartbeat_s = ?, slot = ?, process = '',
                    started_at = coalesce(started_at, ?), ended_at = NULL, reason = '', exit_code = NULL,
                    recorder_id = NULL, stream = NULL, received = 0, listens = NULL
    WHERE run_id = ? RETURNING spec, attempt, elapsed_s, environment, iterations_done, retries
"""

FENCE = "run_id = ? AND worker_id = ? AND attempt = ? AND state IN ('running', 'paused')"

UPDATE = f"""
    UPDATE runs SET state = coalesce(?, state), reason = ?, ended_at = ?, exit_code = ?, heartbeat_s = ?, elapsed_s = ?,
                    scraped = coalesce(?, scraped), process = iif(?, '', process),
                    retries = retries + (?1 IS 'queued'), slot = iif(?1 IS 'queued', '', slot)
    WHERE {FENCE} RETURNING recorder_id IS NOT NULL, listens IS 1, iterations_done, state = 'paused', primary_metric,
              sweep_id, rung
"""

NAMES = "SELECT name, metric_id FROM metrics WHERE run_id = ? ORDER BY metric_id"

READ = """
    UPDATE runs SET iterations_done = ?, last_loss = ?, current_loss = ?,
                    iterations_per_s = coalesce(?, iterations_per_s)
    WHERE run_id = ?
"""


class Scripts:
    """Runs of commands, as people queue them and workers claim them."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float]) -> None:
        self._connection = connection
        self._boot_clock = boot_clock

    def add(
        self,
        specs: Sequence[ScriptSpec],
        names: Sequence[str],
        environment: Mapping[str, str],
        *,
        tags: Sequence[str] = (),
        sweep_id: int | None = None,
    ) -> list[int]:
        """Queue a run for each spec, all or none; returns their ids in order. They have the values as their config."""
        with self._connection.transaction() as raw:
            return insert_scripts(raw, specs, names, environment, tags=tags, sweep_id=sweep_id)

    def next_id(self) -> int | None:
        """The id of the oldest queued script that may start now; None where none may. Takes no lock."""
        found = next_script(self._connection.rows)
        return None if found is None else found[0]

    def claim(self, worker_id: int) -> ScriptClaim | None:
        """Claim the oldest queued script that may start for a worker; None where none may.

        One whose spec cannot be read fails with the reason, and the next one is claimed.
        """
        with self._connection.transaction() as raw:
            while (found := next_script(raw.execute)) is not None:
                run_id, slot = found
                values = (worker_id, self._boot_clock(), slot, utc_now(), run_id)
                text, attempt, elapsed_s, environment, done, retries = raw.execute(CLAIM, values).fetchone()
                try:
                    spec = script_from_json(text)
                except SpecError as error:
                    end(raw, run_id, "failed", error.message)
                    continue
                if attempt > 1:
                    note(raw, run_id, "take-up", "", done, "started again")
                return ScriptClaim(
                    run_id, spec, worker_id, attempt, variables_of(environment), elapsed_s, slot, retries
                )
            return None

    def environment_of(self, run_id: int) -> dict[str, str]:
        """The variables that were recorded where a script was launched."""
        rows = self._connection.rows("SELECT environment FROM runs WHERE run_id = ?", (run_id,))
        return variables_of(rows[0][0]) if rows else {}

    def environment_of_sweep(self, sweep_id: int) -> dict[str, str] | None:
        """The variables of the first script of a sweep; None of a sweep over runs of the engine."""
        rows = self._connection.rows(
            "SELECT environment FROM runs WHERE sweep_id = ? AND kind = 'script' ORDER BY run_id LIMIT 1", (sweep_id,)
        )
        return variables_of(rows[0][0]) if rows else None


class ScriptWriter:
    """The writer of a started script, as long as its claim holds: of its state, its exit, its output, and of the
    numbers read from that, until its program logs itself.

    Every method is one transaction; raises FencedOff, having written nothing, when the run is another worker's. After
    any other StoreError the same call may be repeated.
    """

    def __init__(self, connection: Connection, claim: ScriptClaim, boot_clock: Callable[[], float]) -> None:
        self.claim = claim
        self._connection = connection
        self._boot_clock = boot_clock
        self._worker_heartbeat_s = -np.inf
        self._metrics = RunMetrics(connection, claim.run_id)
        self._cuts = claim.attempt > 1
        self._rate_from = (claim.elapsed_s, 0)
        self._is_dropped = False

    def begin(self, process: str) -> None:
        """Store which process will be the script, before it is."""
        with self._connection.transaction() as raw:
            changed = raw.execute(
                f"UPDATE runs SET process = ?, heartbeat_s = ? WHERE {FENCE}",
                (process, self._boot_clock(), *self._fence),
            )
            if changed.rowcount != 1:
                raise self._fenced()

    def write(self, news: ScriptNews, state: RunState | None = None) -> ScriptStanding:
        """Commit what is new and a heartbeat; returns what the store says of the run. `state` is running or paused, or
        None where its program says that itself."""
        return self._commit(state, "", None, news)

    def end(self, state: RunState, reason: str, exit_code: int | None, news: ScriptNews) -> None:
        """End the run, whose processes are gone; or queue it again (`queued`)."""
        self._commit(state, reason, exit_code, news)

    def note_waiting(self, reason: str) -> None:
        """Store why the run waits, with a heartbeat; the next write clears the reason."""
        with self._connection.transaction() as raw:
            values = (reason, self._boot_clock(), *self._fence)
            if raw.execute(f"UPDATE runs SET reason = ?, heartbeat_s = ? WHERE {FENCE}", values).rowcount != 1:
                raise self._fenced()

    def _commit(self, state: RunState | None, reason: str, exit_code: int | None, news: ScriptNews) -> ScriptStanding:
        now_s, run_id = self._boot_clock(), self.claim.run_id
        is_over = state not in (None, "running", "paused")
        states = None
        with self._connection.transaction() as raw:
            row = raw.execute(
                UPDATE,
                (state, storable(reason), utc_now() if state in ENDED else None, exit_code, now_s, news.elapsed_s,
                 news.understood, is_over, *self._fence),
            ).fetchone()  # fmt: skip
            if row is None:
                raise self._fenced()
            is_recorded, listens, steps = bool(row[0]), bool(row[1]), int(row[2])
            append_output(raw, run_id, news.printed)
            if not is_recorded and first_step(news.measured) is not None:
                states = self._metrics.write(raw, news.measured, cuts=self._cuts)
                steps = self._store_read(raw, states, news, str(row[4]))
            dropped = "" if is_over else self._decided(raw, steps, *row[4:])
            for command_id, at, outcome in news.applied:
                answer(raw, command_id, at, storable(outcome))
            if state in ENDED:
                came_too_late(raw, run_id)
            heartbeat_due = now_s - self._worker_heartbeat_s >= WORKER_HEARTBEAT_S
            if heartbeat_due:
                raw.execute("UPDATE workers SET heartbeat_s = ? WHERE worker_id = ?", (now_s, self.claim.worker_id))
            commands = unanswered(raw, run_id)
        if states is not None:
            self._metrics.accept(states)
            self._cuts = False
        if heartbeat_due:
            self._worker_heartbeat_s = now_s
        self._is_dropped |= bool(dropped)
        return ScriptStanding(tuple(commands), is_recorded, listens, steps, bool(row[3]), dropped)

    def _decided(self, raw: sqlite3.Connection, steps: int, chosen: str, sweep_id: int | None, rung: int | None) -> str:
        """Why the run is dropped from its race now; '' where it is not, or has not come to its rung."""
        if sweep_id is None or rung is None or steps <= rung or self._is_dropped:
            return ""
        names = dict(raw.execute(NAMES, (self.claim.run_id,)).fetchall())
        return decide_script(raw, self.claim.run_id, sweep_id, rung, primary_of(names, chosen) or "")

    def _store_read(
        self, raw: sqlite3.Connection, states: Mapping[str, MetricState], news: ScriptNews, chosen: str
    ) -> int:
        """Sum up in the run's row what was read; returns its next step."""
        steps, loss = max(steps_of(states), 0), loss_of(states, chosen)
        since_s, since = self._rate_from
        took_s = news.elapsed_s - since_s
        rate = (steps - since) / took_s if took_s > 0 else None
        raw.execute(READ, (steps, loss, loss, rate, self.claim.run_id))
        return steps

    @property
    def _fence(self) -> tuple[int, int, int]:
        return self.claim.run_id, self.claim.worker_id, self.claim.attempt

    def _fenced(self) -> FencedOff:
        return FencedOff(
            f"run {self.claim.run_id} is no longer this worker's (attempt {self.claim.attempt}); nothing was written"
        )
