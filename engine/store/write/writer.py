"""RunWriter: a worker's writes to the run that it has claimed, one short transaction each."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from engine.store.file.connection import Connection
from engine.store.file.timing import utc_now
from engine.store.records import ENDED, Checkpoint, Claim, Command, Evaluation, FencedOff, RunState
from engine.store.write import pyramid, summary
from engine.store.write.rows import Statements, insertions, keep_checkpoint, replacements, run_all
from engine.store.write.steering import answer, came_too_late, keep_step_size, unanswered
from engine.store.write.summary import SUMMARY_COLUMNS, Summary
from engine.trace.block import Block

RATE_WINDOW_S = 2.0
WORKER_HEARTBEAT_S = 1.0

Applied = tuple[int, int | None, str]


class RunWriter:
    """The only writer of a running run, as long as its claim holds.

    Every method is one transaction; raises FencedOff, having written nothing, when the run has moved to another worker
    or attempt. After any other StoreError the same call may be repeated.
    """

    def __init__(self, connection: Connection, claim: Claim, boot_clock: Callable[[], float]) -> None:
        self.claim = claim
        self._connection = connection
        self._boot_clock = boot_clock
        self._worker_heartbeat_s = -np.inf
        with connection.transaction() as raw:
            if raw.execute(f"SELECT 1 FROM runs WHERE {FENCE}", self._fence).fetchone() is None:
                raise _fenced(claim)
            self._summary = summary.load(raw, claim.run_id, claim.spec)
            done, elapsed_s = self._summary.iterations_done, self._summary.elapsed_s
            self._pyramid = pyramid.load(raw, claim.run_id, done)
            self._start = _start(raw, claim.run_id, claim.first_iteration, elapsed_s)
        self._marks: deque[tuple[float, int]] = deque([(elapsed_s, done)])

    @property
    def iterations_done(self) -> int:
        """Iterations committed; rows of a block before this count are known and not written again."""
        return self._summary.iterations_done

    @property
    def last_loss(self) -> float | None:
        """The loss of the last committed iteration; None before the first, and for a NaN loaded from the store."""
        return self._summary.last_loss

    @property
    def _fence(self) -> tuple[int, int, int]:
        return self.claim.run_id, self.claim.worker_id, self.claim.attempt

    def write(
        self,
        block: Block | None = None,
        *,
        evaluations: Sequence[Evaluation] = (),
        checkpoint: Checkpoint | None = None,
        applied: Iterable[Applied] = (),
    ) -> list[Command]:
        """Commit new iterations, evaluations and a heartbeat; returns the run's waiting commands, oldest first.

        `applied` has (command_id, iteration, outcome) of the commands answered since the last write; iteration None:
        the command changed nothing. Raises ValueError when the block leaves a gap after the committed iterations.
        """
        return self._commit("running", "", block, evaluations, checkpoint, applied)

    def finish(self, reason: str = "", **last: Any) -> None:
        """End the run as finished; `last` are arguments of `write`, committed in the same transaction."""
        self._commit("finished", reason, **last)

    def pause(self, reason: str = "", **last: Any) -> None:
        """Pause the run and free its worker; pass a checkpoint to resume from."""
        self._commit("paused", reason, **last)

    def cancel(self, reason: str, **last: Any) -> None:
        """End the run as cancelled, by request."""
        self._commit("cancelled", reason, **last)

    def fail(self, reason: str, **last: Any) -> None:
        """End the run as failed; `reason` is a sentence for people."""
        self._commit("failed", reason, **last)

    def release(self, reason: str = "", **last: Any) -> None:
        """Queue the run again, for another worker to resume from the checkpoint."""
        self._commit("queued", reason, **last)

    def begin(
        self, environment: str, examples_per_iteration: int | None = None, best_before: float | None = None
    ) -> None:
        """Store the run's environment (JSON: library versions, CPU) and its examples per iteration.

        `best_before` is the lowest loss that a fork continues from; a search, which keeps the weights of that loss
        until it finds better ones, counts it as its own best.
        """
        updated = self._summary.inheriting(best_before) if self.claim.spec.searches else self._summary
        self._update(
            "environment = ?, examples_per_iteration = ?, best_before = coalesce(?, best_before), best_loss = ?, "
            "best_iteration = ?, current_loss = ?",
            environment, examples_per_iteration, best_before,
            updated.best_loss, updated.best_iteration, updated.current_loss,
        )  # fmt: skip
        self._summary = updated

    def note_waiting(self, reason: str) -> None:
        """Store why the run waits, with a heartbeat; the next write clears the reason."""
        self._update("reason = ?, heartbeat_s = ?", reason, self._boot_clock())

    def _update(self, assignments: str, *values: Any) -> None:
        with self._connection.transaction() as raw:
            changed = raw.execute(f"UPDATE runs SET {assignments} WHERE {FENCE}", (*values, *self._fence))
            if changed.rowcount != 1:
                raise _fenced(self.claim)

    def _commit(
        self,
        state: RunState,
        reason: str,
        block: Block | None = None,
        evaluations: Sequence[Evaluation] = (),
        checkpoint: Checkpoint | None = None,
        applied: Iterable[Applied] = (),
    ) -> list[Command]:
        block = self._unwritten(block)
        updated = self._summary if block is None else self._summary.after(block)
        updated = updated.evaluated(evaluations)
        updated = updated.ended(reason) if state == "finished" else updated
        rate = self._rate(updated, state)
        now_s = self._boot_clock()
        ended_at = utc_now() if state in ENDED else None
        run_id = self.claim.run_id
        statements: Statements = []
        new_pyramid = None
        if block is not None:
            buckets, new_pyramid = self._pyramid.after(block)
            statements = insertions(run_id, block) + replacements(run_id, buckets)
        with self._connection.transaction() as raw:
            changed = raw.execute(
                UPDATE_RUN,
                (*updated.values(), rate, now_s, state, reason, ended_at, block is not None, *self._fence),
            )
            if changed.rowcount != 1:
                raise _fenced(self.claim)
            run_all(raw, statements)
            if evaluations:
                raw.executemany(
                    "INSERT OR REPLACE INTO evaluations (run_id, iteration, split, loss, accuracy) "
                    "VALUES (?, ?, ?, ?, ?)",
                    [(run_id, e.iteration, e.split, float(e.loss), float(e.accuracy)) for e in evaluations],
                )
            if checkpoint is not None:
                keep_checkpoint(raw, run_id, checkpoint)
            for command_id, iteration, outcome in applied:
                answer(raw, command_id, iteration, outcome)
                if iteration is not None:
                    keep_step_size(raw, command_id)
            if state in ENDED:
                came_too_late(raw, run_id)
            heartbeat_due = now_s - self._worker_heartbeat_s >= WORKER_HEARTBEAT_S
            if heartbeat_due:
                raw.execute("UPDATE workers SET heartbeat_s = ? WHERE worker_id = ?", (now_s, self.claim.worker_id))
            waiting = unanswered(raw, run_id)
        self._accept(updated, new_pyramid, now_s if heartbeat_due else None)
        return waiting

    def _accept(self, updated: Summary, new_pyramid: pyramid.Pyramid | None, heartbeat_s: float | None) -> None:
        self._summary = updated
        if new_pyramid is not None:
            self._pyramid = new_pyramid
            self._marks.append((updated.elapsed_s, updated.iterations_done))
            while len(self._marks) > 2 and updated.elapsed_s - self._marks[1][0] >= RATE_WINDOW_S:
                self._marks.popleft()
        if heartbeat_s is not None:
            self._worker_heartbeat_s = heartbeat_s

    def _unwritten(self, block: Block | None) -> Block | None:
        """The part of a block that is not committed yet; None when all of it is."""
        if block is None or block.end_iteration <= self.iterations_done:
            return None
        if block.first_iteration > self.iterations_done:
            raise ValueError(
                f"run {self.claim.run_id} has {self.iterations_done} iterations; "
                f"a block from {block.first_iteration} leaves a gap"
            )
        known = self.iterations_done - block.first_iteration
        return block.rows(known, len(block)) if known else block

    def _rate(self, updated: Summary, state: RunState) -> float | None:
        """Iterations per second: over about RATE_WINDOW_S while it runs, else over all its own iterations."""
        since_s, since = self._marks[0] if state == "running" else self._start
        took_s = updated.elapsed_s - since_s
        return (updated.iterations_done - since) / took_s if took_s > 0 else None


FENCE = "run_id = ? AND worker_id = ? AND attempt = ? AND state = 'running'"

UPDATE_RUN = f"""
    UPDATE runs SET {" = ?, ".join(SUMMARY_COLUMNS)} = ?,
                    iterations_per_s = coalesce(?, iterations_per_s), heartbeat_s = ?, state = ?, reason = ?,
                    ended_at = ?, times_lost = iif(?, 0, times_lost)
    WHERE {FENCE}
"""


def _start(raw: sqlite3.Connection, run_id: int, first_iteration: int, elapsed_s: float) -> tuple[float, int]:
    """(elapsed seconds, iteration) from which a run's own rate counts: a fork's time includes its parent's."""
    if not first_iteration:
        return 0.0, 0
    row = raw.execute(
        "SELECT elapsed_s, iteration + 1 FROM iterations WHERE run_id = ? ORDER BY iteration LIMIT 1", (run_id,)
    ).fetchone()
    return (elapsed_s, first_iteration) if row is None else (row[0] or 0.0, row[1])


def _fenced(claim: Claim) -> FencedOff:
    return FencedOff(f"run {claim.run_id} is no longer this worker's (attempt {claim.attempt}); nothing was written")
