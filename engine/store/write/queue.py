"""Queue: queued runs, the claim that gives one to a worker, forks, sweeps, and commands to runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine.spec import RunSpec, SpecError, spec_from_json
from engine.store.file.connection import Connection
from engine.store.file.timing import utc_now
from engine.store.records import WORKER_COLUMNS, Claim, Knob, Ownership, StoreError, Sweep, worker_from_row
from engine.store.write.catalogue import storable
from engine.store.write.forks import add_fork, newest_checkpoint, origin_of, spec_at
from engine.store.write.knobs import asked_knob, turned
from engine.store.write.rungs import WAITING, decide_rungs
from engine.store.write.script_rows import requeue_program
from engine.store.write.steering import Verb, asked_step_size, command, command_sweep, end, note, parsed
from engine.store.write.sweeps import insert_runs, insert_sweep, widen_sweep
from engine.store.write.tags import tags_to_text
from engine.sweep import SweepPlan, Value

MOST_TIMES_LOST = 5
"""Workers that a run may lose without progress before it fails: the run itself probably kills them."""

NEXT = """
    SELECT run_id, reason FROM runs WHERE state = 'queued' AND kind = 'engine' AND deleted_at IS NULL
    AND run_id < coalesce(?, 9e999) ORDER BY run_id LIMIT 1
"""

CLAIM = """
    UPDATE runs SET state = 'running', worker_id = ?, attempt = attempt + 1, heartbeat_s = ?,
                    started_at = coalesce(started_at, ?), reason = '' WHERE run_id = ?
    RETURNING spec, attempt, iterations_done, elapsed_s, coalesce(parent_iteration, 0), rung, environment
"""


OWNED = "(r.state = 'running' OR r.state = 'paused' AND (r.kind = 'logged' OR r.process <> ''))"
"""SQL condition: a worker owns the run `r`, or the recorder of a program that waits while it is paused."""

SNAPSHOT = "SELECT coalesce(max(iteration), -1) FROM checkpoints WHERE run_id = ? AND kind = 'snapshot'"

COMPARED = """
    SELECT 1 FROM runs JOIN sweeps USING (sweep_id) WHERE run_id = ? AND 'batch_size' IN (parameter, second_parameter)
"""


class Queue:
    """Runs and sweeps as people request and steer them, and as workers claim them."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float]) -> None:
        self._connection = connection
        self._boot_clock = boot_clock

    def add(
        self,
        specs: Sequence[RunSpec],
        names: Sequence[str] | None = None,
        *,
        sweep_id: int | None = None,
        tags: Sequence[str] = (),
    ) -> list[int]:
        """Queue one run per spec, all or none; returns their ids in order. `names` defaults to the specs' labels.

        Each run gets the `tags`.
        """
        labels = [spec.label for spec in specs] if names is None else list(names)
        with self._connection.transaction() as raw:
            run_ids = insert_runs(raw, specs, [storable(name) for name in labels], sweep_id)
            if text := tags_to_text(map(storable, tags)):
                raw.executemany("UPDATE runs SET tags = ? WHERE run_id = ?", [(text, run_id) for run_id in run_ids])
            return run_ids

    def claim(self, worker_id: int, before: int | None = None) -> Claim | None:
        """Claim the oldest queued run of the engine for a worker, one older than run `before`; None without any.

        A run whose spec cannot be read fails with the reason, and the next one is claimed. A run whose worker was lost
        gets a take-up event, the only record of how long it stood still.
        """
        with self._connection.transaction() as raw:
            while (waiting := raw.execute(NEXT, (before,)).fetchone()) is not None:
                run_id, reason = waiting
                claimed = raw.execute(CLAIM, (worker_id, self._boot_clock(), utc_now(), run_id)).fetchone()
                text, attempt, done, elapsed_s, first, rung, environment = claimed
                try:
                    spec = spec_from_json(text)
                    checkpoint = newest_checkpoint(raw, run_id, done)
                    origin = origin_of(raw, run_id) if checkpoint is None else None
                except (SpecError, TypeError) as error:
                    end(raw, run_id, "failed", f"its spec cannot be read: {error}")
                    continue
                except StoreError as error:
                    end(raw, run_id, "failed", str(error))
                    continue
                if attempt > 1 and reason:
                    note(raw, run_id, "take-up", "", done, f"taken up again: {reason}")
                snapshot = raw.execute(SNAPSHOT, (run_id,)).fetchone()[0]
                return Claim(
                    run_id=run_id,
                    spec=spec,
                    worker_id=worker_id,
                    attempt=attempt,
                    iterations_done=done,
                    elapsed_s=elapsed_s,
                    checkpoint=checkpoint,
                    origin=origin,
                    first_iteration=first,
                    snapshot_iteration=snapshot,
                    rung=rung,
                    compared=raw.execute(COMPARED, (run_id,)).fetchone() is not None,
                    environment=environment,
                )
            return None

    def spec_at(self, run_id: int, iteration: int) -> RunSpec:
        """A run's spec with the step size in force at an iteration, the base of a fork there.

        Raises NoRun for an unknown run, Refused for an iteration it does not have, SpecError for an unreadable spec.
        """
        with self._connection.transaction() as raw:
            return spec_at(raw, run_id, iteration)

    def fork(self, run_id: int, iteration: int, spec: RunSpec, name: str) -> int:
        """Queue a run that continues from `iteration` of another with its own spec; returns its id.

        Raises as `spec_at` does.
        """
        with self._connection.transaction() as raw:
            return add_fork(raw, run_id, iteration, spec, storable(name))

    def command(self, run_id: int, verb: str, argument: str = "") -> str:
        """Steer a run; returns a sentence that says what happens now.

        Takes effect at once when no worker is needed; otherwise the run's worker reads the command with its next block.
        Raises NoRun for an unknown run, ValueError for an unknown verb or an invalid step size.
        """
        argument = parsed(verb, argument)
        with self._connection.transaction() as raw:
            return command(raw, run_id, verb, argument)

    def scale_step_size(self, run_id: int, factor: float) -> str:
        """Multiply the step size last set, or the spec's; returns a sentence as `command` does.

        One transaction reads and sets it, so that concurrent factors multiply. Raises NoRun for an unknown run, Refused
        when its spec cannot be read, SpecError when the product is not a valid step size.
        """
        with self._connection.transaction() as raw:
            scaled = parsed("set-step-size", repr(asked_step_size(raw, run_id) * factor))
            return command(raw, run_id, "set-step-size", scaled)

    def scale_knob(self, run_id: int, factor: float, name: str = "") -> tuple[str, Knob]:
        """Multiply a knob of a logged run, within its bounds; returns a sentence as `command` does, and the old knob.

        Without a name the only knob it has. Raises NoRun for an unknown run, Refused where there is no such knob, more
        than one, or it is at its bound.
        """
        with self._connection.transaction() as raw:
            before = asked_knob(raw, run_id, name)
            return command(raw, run_id, "set-knob", turned(before, run_id, factor)), before

    def command_sweep(self, sweep_id: int, verb: Verb) -> int:
        """Stop, pause or resume all runs of a sweep in one transaction; returns how many runs it affects."""
        with self._connection.transaction() as raw:
            return command_sweep(raw, sweep_id, verb)

    def decide_rungs(self) -> int:
        """Decide all complete rungs of all races in one transaction; returns how many runs were queued again."""
        if not self._connection.rows(f"SELECT 1 FROM ({WAITING}) LIMIT 1"):
            return 0
        with self._connection.transaction() as raw:
            return decide_rungs(raw)

    def race_is_on(self) -> bool:
        """True while a race has running or queued runs, whose progress may queue others again."""
        return bool(
            self._connection.rows(
                "SELECT 1 FROM runs WHERE rung IS NOT NULL AND state IN ('running', 'queued') "
                "AND deleted_at IS NULL LIMIT 1"
            )
        )

    def add_sweep(
        self, plan: SweepPlan, tags: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> Sweep:
        """Store a sweep and queue its runs with these tags, all or none; scripts with the environment to start in."""
        with self._connection.transaction() as raw:
            sweep = insert_sweep(raw, replace(plan, name=storable(plan.name)), environment)
            text = tags_to_text(map(storable, tags))
            raw.execute("UPDATE runs SET tags = ? WHERE sweep_id = ?", (text, sweep.sweep_id))
            return sweep

    def widen_sweep(self, sweep_id: int, values: Sequence[Value]) -> int:
        """Add values to a sweep's first axis, running or ended; returns how many runs were queued.

        Raises NoSweep for an unknown sweep, StoreError for an unreadable plan, SpecError for invalid or known values.
        """
        with self._connection.transaction() as raw:
            return widen_sweep(raw, sweep_id, values)

    def owned(self) -> list[Ownership]:
        """All runs that a worker or recorder owns, with it, to judge which are still alive."""
        rows = self._connection.rows(
            f"SELECT r.run_id, r.attempt, r.heartbeat_s, r.process, {WORKER_COLUMNS} "
            f"FROM runs r LEFT JOIN workers w ON w.worker_id = r.worker_id WHERE {OWNED} ORDER BY r.run_id"
        )
        return [Ownership(row[0], row[1], row[2], worker_from_row(row[4:]), row[3]) for row in rows]

    def requeue(self, lost: Ownership, reason: str) -> bool:
        """Queue a lost run again, or fail it after MOST_TIMES_LOST lost workers without progress; True when done.

        A logged run fails at once: its program, not the queue, would have gone on with it; an imported one waits until
        it is read again, and a script is started again as often as it may be. False when the run's attempt or state
        has changed since `lost` was read: nothing is changed then.
        """
        with self._connection.transaction() as raw:
            other = raw.execute(
                f"SELECT kind, spec, retries FROM runs r WHERE run_id = ? AND attempt = ? AND {OWNED} "
                "AND kind <> 'engine'",
                (lost.run_id, lost.attempt),
            ).fetchone()
            if other is not None:
                requeue_program(raw, lost.run_id, *other)
                return True
            rows = raw.execute(
                "UPDATE runs SET state = 'queued', times_lost = times_lost + 1, reason = ? "
                "WHERE run_id = ? AND attempt = ? AND state = 'running' RETURNING times_lost",
                (reason, lost.run_id, lost.attempt),
            ).fetchall()
            if rows and rows[0][0] >= MOST_TIMES_LOST:
                end(raw, lost.run_id, "failed", f"given up: {rows[0][0]} workers were lost on it; the last: {reason}")
            return bool(rows)
