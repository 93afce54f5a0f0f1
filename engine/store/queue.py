"""The queue: runs that wait, the claim that hands one to a worker, and the commands that steer it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from engine.spec import RunSpec, SpecError, parse_field, spec_from_json
from engine.store.catalogue import storable
from engine.store.connection import Connection
from engine.store.forks import add_fork, newest_checkpoint, origin_of, spec_at
from engine.store.reader import WORKER_COLUMNS, worker_from_row
from engine.store.records import ENDED, Claim, Ownership, StoreError
from engine.store.timing import utc_now

VERBS = ("stop", "pause", "resume", "set-step-size")

MOST_TIMES_LOST = 5
"""Workers that a run may lose without any progress before it is failed: it is probably the run that ends them."""

CLAIM = """
    UPDATE runs SET state = 'running', worker_id = ?, attempt = attempt + 1, heartbeat_s = ?,
                    started_at = coalesce(started_at, ?), reason = ''
    WHERE run_id = (SELECT run_id FROM runs WHERE state = 'queued' AND deleted_at IS NULL ORDER BY run_id LIMIT 1)
    RETURNING run_id, spec, attempt, iterations_done, elapsed_s, coalesce(parent_iteration, 0)
"""


SNAPSHOT = "SELECT coalesce(max(iteration), -1) FROM checkpoints WHERE run_id = ? AND kind = 'snapshot'"


class Queue:
    """Runs from the side of those who ask for them, and of the workers who take them."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float]) -> None:
        self._connection = connection
        self._boot_clock = boot_clock

    def add(
        self, specs: Sequence[RunSpec], names: Sequence[str] | None = None, *, sweep_id: int | None = None
    ) -> list[int]:
        """Queue one run per spec, all or none; returns their ids in order. Names default to the specs' labels."""
        labels = [spec.label for spec in specs] if names is None else list(names)
        now = utc_now()
        ids: list[int] = []
        with self._connection.transaction() as raw:
            for spec, name in zip(specs, labels, strict=True):
                cursor = raw.execute(
                    "INSERT INTO runs (name, sweep_id, state, spec, created_at) VALUES (?, ?, 'queued', ?, ?)",
                    (storable(name), sweep_id, spec.to_json(), now),
                )
                ids.append(int(cursor.lastrowid or 0))
        return ids

    def claim(self, worker_id: int) -> Claim | None:
        """The oldest queued run, now this worker's; None when the queue is empty.

        A run whose spec cannot be read is failed with the reason, and the next one is taken.
        """
        with self._connection.transaction() as raw:
            while True:
                rows = raw.execute(CLAIM, (worker_id, self._boot_clock(), utc_now())).fetchall()
                if not rows:
                    return None
                run_id, text, attempt, done, elapsed_s, first = rows[0]
                try:
                    spec = spec_from_json(text)
                    checkpoint = newest_checkpoint(raw, run_id, done)
                    origin = origin_of(raw, run_id) if checkpoint is None else None
                except (SpecError, TypeError) as error:
                    _end(raw, run_id, "failed", f"its spec cannot be read: {error}")
                    continue
                except StoreError as error:
                    _end(raw, run_id, "failed", str(error))
                    continue
                snapshot = raw.execute(SNAPSHOT, (run_id,)).fetchone()[0]
                return Claim(run_id, spec, worker_id, attempt, done, elapsed_s, checkpoint, origin, first, snapshot)

    def spec_at(self, run_id: int, iteration: int) -> RunSpec:
        """A run's spec with the step size in force at an iteration, from which a fork there is made.

        Raises StoreError for an unknown run and Refused for an iteration that it has not, or not yet.
        """
        with self._connection.transaction() as raw:
            return spec_at(raw, run_id, iteration)

    def fork(self, run_id: int, iteration: int, spec: RunSpec, name: str) -> int:
        """Queue a run that goes on from `iteration` of another one, with its own spec; returns its number.

        Raises what `spec_at` does.
        """
        with self._connection.transaction() as raw:
            return add_fork(raw, run_id, iteration, spec, storable(name))

    def command(self, run_id: int, verb: str, argument: str = "") -> str:
        """Steer a run; returns the sentence that tells what happens now.

        What can be done without a worker is done at once; a running run's worker reads the command
        with its next block. Raises StoreError for an unknown run and ValueError for an unknown verb
        or a step size that is none.
        """
        if verb not in VERBS:
            raise ValueError(f"{verb!r} is not a command for a run (choose from {', '.join(VERBS)})")
        if verb == "set-step-size":
            argument = repr(parse_field("step_size", argument))
        with self._connection.transaction() as raw:
            row = raw.execute(
                "SELECT state, iterations_done, deleted_at FROM runs WHERE run_id = ?", (run_id,)
            ).fetchone()
            if row is None:
                raise StoreError(f"There is no run {run_id} in this store; lossboard list shows which there are.")
            state, done = str(row[0]), int(row[1])
            if row[2] is not None:
                return f"Run {run_id} is deleted; lossboard undelete {run_id} brings it back."
            if state in ENDED:
                return f"Run {run_id} is {state} already; nothing to {verb.replace('-', ' ')}."
            if state == "running" or verb == "set-step-size":
                return _leave_for_worker(raw, run_id, state, verb, argument)
            return _obey(raw, run_id, state, verb, done)

    def add_sweep(self, name: str, parameter: str, spec: RunSpec) -> int:
        """Note a sweep over one field of `spec`; its runs are added with the id that this returns."""
        with self._connection.transaction() as raw:
            cursor = raw.execute(
                "INSERT INTO sweeps (name, parameter, spec, created_at) VALUES (?, ?, ?, ?)",
                (name, parameter, spec.to_json(), utc_now()),
            )
            return int(cursor.lastrowid or 0)

    def owned(self) -> list[Ownership]:
        """Every running run with its worker, for a judgement on who is still alive."""
        rows = self._connection.rows(
            f"SELECT r.run_id, r.attempt, r.heartbeat_s, {WORKER_COLUMNS} "
            f"FROM runs r LEFT JOIN workers w ON w.worker_id = r.worker_id WHERE r.state = 'running' ORDER BY r.run_id"
        )
        return [Ownership(row[0], row[1], row[2], worker_from_row(row[3:])) for row in rows]

    def give_back(self, lost: Ownership, reason: str) -> bool:
        """Put a run whose worker is gone back into the queue, or fail it when it has lost too many.

        False when the run has moved on since `lost` was read: then nothing is changed.
        """
        with self._connection.transaction() as raw:
            rows = raw.execute(
                "UPDATE runs SET state = 'queued', times_lost = times_lost + 1, reason = ? "
                "WHERE run_id = ? AND attempt = ? AND state = 'running' RETURNING times_lost",
                (reason, lost.run_id, lost.attempt),
            ).fetchall()
            if rows and rows[0][0] >= MOST_TIMES_LOST:
                _end(raw, lost.run_id, "failed", f"given up: {rows[0][0]} workers were lost on it; the last: {reason}")
            return bool(rows)


def _end(raw: sqlite3.Connection, run_id: int, state: str, reason: str) -> None:
    raw.execute(
        "UPDATE runs SET state = ?, reason = ?, ended_at = ? WHERE run_id = ?", (state, reason, utc_now(), run_id)
    )
    raw.execute("UPDATE commands SET outcome = 'the run had ended' WHERE run_id = ? AND outcome = ''", (run_id,))


def _record(raw: sqlite3.Connection, run_id: int, verb: str, argument: str, at: int | None, outcome: str) -> None:
    raw.execute(
        "INSERT INTO commands (run_id, verb, argument, issued_at, applied_at_iteration, outcome) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (run_id, verb, argument, utc_now(), at, outcome),
    )


def _leave_for_worker(raw: sqlite3.Connection, run_id: int, state: str, verb: str, argument: str) -> str:
    waiting = raw.execute(
        "SELECT verb, argument FROM commands WHERE run_id = ? AND outcome = '' ORDER BY command_id DESC LIMIT 1",
        (run_id,),
    ).fetchone()
    if waiting == (verb, argument):
        return f"Run {run_id} has been told so already."
    if verb == "resume" and (waiting is None or waiting[0] != "pause"):
        return f"Run {run_id} is running already."
    _record(raw, run_id, verb, argument, None, "")
    if verb == "set-step-size":
        when = "with its next block" if state == "running" else "when it goes on"
        return f"Run {run_id} takes step size {argument} {when}."
    return {
        "stop": f"Run {run_id} stops within a moment; what it has done is kept.",
        "pause": f"Run {run_id} pauses within a moment and frees its worker.",
        "resume": f"Run {run_id} goes on; the pause is withdrawn.",
    }[verb]


def _obey(raw: sqlite3.Connection, run_id: int, state: str, verb: str, done: int) -> str:
    """Carry out a command on a run that no worker owns: it is queued or paused."""
    if verb == "stop":
        reason = f"stopped at iteration {done}" if done else "stopped before it started"
        _record(raw, run_id, verb, "", done, reason)
        _end(raw, run_id, "cancelled", reason)
        return f"Run {run_id} was {'waiting' if state == 'queued' else 'paused'}; it is cancelled."
    wanted = "paused" if verb == "pause" else "queued"
    if state == wanted:
        return f"Run {run_id} is {state} already."
    raw.execute("UPDATE runs SET state = ?, reason = '' WHERE run_id = ?", (wanted, run_id))
    _record(raw, run_id, verb, "", done, wanted)
    return f"Run {run_id} is paused." if wanted == "paused" else f"Run {run_id} waits for a worker to go on."
