"""Attempt: one attempt at one run whose chunks are computed elsewhere: what is asked for next, and what is stored.

It knows no cluster: it gives orders and takes replies. Each reply is one transaction, with rows and checkpoint; the
next order begins at the state of the last reply, so one that is lost is given again, and nothing else was lost.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from engine.jobs.cluster.orders import Order, Reply, begin_order
from engine.jobs.processes.retry import retried
from engine.jobs.worker.checkpoints import SMALL_SNAPSHOT, Checkpoints
from engine.jobs.worker.obeying import obeyed
from engine.store import Command, Evaluation, RunWriter
from engine.store.write.writer import Applied
from engine.trace.block import Block
from engine.trace.state import State, state_from_bytes, state_to_bytes

log = logging.getLogger(__name__)

T = TypeVar("T")

CHUNK_S = 0.5
"""Seconds that a chunk computes: a row is stored within about half a second, and the way costs a twentieth."""

WAY_S_PER_BYTE = 2e-8
WAY_SHARE = 0.05
"""A state travels at about 50 MB/s each way, and takes no more than such a share of its chunk's time."""

LONGEST_CHUNK_S = 10.0
PACED_S = 0.2
POSTPONED_S = 0.25
MOST_ROWS = 50_000
MOST_GROWTH = 16

HEARTBEAT_S = 1.0
FALLEN_BEHIND_S = 1.0
OBEYED_AFTER_S = 20.0
"""Seconds after which a chunk that is still computed does not delay a stop or a pause any more."""

MOST_FAULTS = 8
"""Workers that may die in a row with this run's order before it fails: it probably kills them."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 10.0
"""Seconds until a lost order is given again: twice as long each time, while the run makes no progress."""

UNKNOWN = State(0, np.empty(0), 1.0)
"""What stands for the state of a run that has none yet: what ends an attempt needs none."""


class ClusterAttempt:
    """One attempt: `order` is what to ask a worker for, None while there is nothing to ask for or a reply is awaited.

    Methods raise StoreError, and FencedOff when the claim is lost; `is_over` once its end is stored.
    """

    def __init__(
        self, writer: RunWriter, data: str, leave: Callable[[], bool], seconds_each: float | None = None
    ) -> None:
        self.writer, self.claim, self.spec = writer, writer.claim, writer.claim.spec
        self.data = data
        self.is_over = False
        self.seconds_each = seconds_each
        """Seconds that an iteration computes, as far as it is known."""
        self.waits = ""
        """Why nobody is asked, which is stored with each heartbeat; '' where there is somebody to ask."""
        self.faults = self.losses = 0
        self._leave = leave
        self._state: bytes | None = None
        self._at, self._stop_reason = self.claim.iterations_done, ""
        self._asked: Order | None = None
        self._asked_at = self._stored_at = self._due_at = time.monotonic()
        self._held: tuple[float, Reply] | None = None
        self._end: tuple[Callable[..., None], str, tuple[Applied, ...]] | None = None
        self._checkpoints = Checkpoints(self.claim.snapshot_iteration)
        self._base_s, self._since = self.claim.elapsed_s, time.monotonic()
        self._stamped_s = self._base_s
        self._pace_from = (self._since, 0)
        self._first_block = 1

    @property
    def waits_for_reply(self) -> bool:
        """Whether an order was given and is not answered yet."""
        return self._asked is not None

    def order(self) -> Order | None:
        """What to ask for now; it counts as asked for. None where there is nothing, or not yet."""
        if self.is_over or self._asked is not None or self._held is not None or time.monotonic() < self._due_at:
            return None
        self._asked, self._asked_at = self._next_order(), time.monotonic()
        return self._asked

    def lost(self, reason: str, *, is_fault: bool = False) -> None:
        """The order at hand was lost with its worker or the scheduler: it is given again, after a moment."""
        self._asked = None
        self.losses += 1
        self.faults += is_fault
        wait_s = min(FIRST_WAIT_S * 2 ** min(self.losses - 1, 10), LONGEST_WAIT_S)
        self._due_at = time.monotonic() + wait_s
        log.warning("run %d: a chunk was lost (%s); it is asked for again", self.claim.run_id, reason)
        if self.faults >= MOST_FAULTS:
            told = f"given up: {self.faults} cluster workers were lost on it in a row; the last: {reason}"
            self._stored(lambda: self.writer.fail(told))
            self.is_over = True

    def postponed(self) -> None:
        """The order at hand has to wait for something else; it is given again."""
        self._asked, self._due_at = None, time.monotonic() + POSTPONED_S

    def accept(self, reply: Reply, environment: str) -> None:
        """Store what a reply brings, and what became of the run; `environment` is what its worker computes with."""
        asked, self._asked = self._asked, None
        assert asked is not None
        if reply.trouble:
            self._stop_with(reply)
            return
        self.losses = self.faults = 0
        if asked.verb == "begin":
            self._begin(reply, environment)
        elif asked.verb == "evaluate":
            self._end_now(reply.ending)
        elif (due_at := self._paced_until(reply.iteration)) > time.monotonic():
            self._held = (due_at, reply)
        else:
            self._take(reply)

    def tick(self) -> None:
        """Store a reply that was held back for the pace, beat, and obey while nothing is computed or it takes long."""
        if self.is_over:
            return
        now = time.monotonic()
        if self._held is not None and now >= self._held[0]:
            _, reply = self._held
            self._held = None
            self._take(reply)
        elif self._leave():
            self._end_now(end=self.writer.release, reason="its bridge was told to leave")
        elif now - self._stored_at >= HEARTBEAT_S:
            commands = self._stored(self.writer.write)
            if self.waits:
                self._stored(lambda: self.writer.note_waiting(f"waiting: {self.waits}"))
            is_long = self._asked is None or now - self._asked_at >= OBEYED_AFTER_S
            if is_long and any(command.verb in ("stop", "pause") for command in commands):
                self._obey(commands, compute=False)

    def _next_order(self) -> Order:
        if self._state is None:
            return begin_order(self.claim, self.data)
        spec = self.spec.to_json()
        if self._end is not None:
            return Order("evaluate", spec, self.data, self._state)
        return Order(
            "advance", spec, self.data, self._state, self._size(), self._rung_ahead, compared=self.claim.compared
        )

    @property
    def _catching_up(self) -> bool:
        return self._at < self.writer.iterations_done

    @property
    def _rung_ahead(self) -> int | None:
        rung = self.claim.rung
        return rung if rung is not None and rung >= self._at and not self._catching_up else None

    @property
    def _elapsed_s(self) -> float:
        return self._base_s + (time.monotonic() - self._since)

    def _size(self) -> int:
        """Iterations of the next chunk."""
        if self._catching_up:
            return self.writer.iterations_done - self._at
        k = self._first_block
        if self.seconds_each is not None:
            wanted_s = max(CHUNK_S, len(self._state or b"") * 2 * WAY_S_PER_BYTE / WAY_SHARE)
            if self.spec.seconds is not None:
                wanted_s = min(wanted_s, max(self.spec.seconds - self._elapsed_s, 0.0))
            k = int(min(wanted_s, LONGEST_CHUNK_S) / self.seconds_each)
        if self.spec.pace is not None:
            k = min(k, round(self.spec.pace * PACED_S))
        return max(1, min(k, MOST_ROWS))

    def _adapt(self, block: Block | None, took_s: float) -> None:
        """Take the measured time of an iteration over; a chunk grows MOST_GROWTH times at most."""
        if block is None:
            return
        measured = max(took_s, 1e-6) / len(block)
        least = CHUNK_S / (MOST_GROWTH * len(block))
        self.seconds_each = max(measured, min(least, self.seconds_each or math.inf))

    def _begin(self, reply: Reply, environment: str) -> None:
        facts: dict[str, Any] = dict(reply.facts)
        self._set_state(reply)
        self._first_block = int(facts["first_block"])
        best = float(facts["best_loss"])
        self._stored(
            lambda: self.writer.begin(
                environment,
                examples_per_iteration=int(facts["examples_per_iteration"]),
                best_before=best if self.claim.origin is not None and math.isfinite(best) else None,
            )
        )
        self._start_clocks()
        self._go_on(self._stored(self.writer.write))

    def _start_clocks(self) -> None:
        self._since = time.monotonic()
        self._stamped_s = self._base_s
        self._pace_from = (self._since, self._at)

    def _set_state(self, reply: Reply) -> None:
        self._state, self._at, self._stop_reason = reply.state, reply.iteration, reply.stop_reason

    def _take(self, reply: Reply) -> None:
        """Store the rows and the checkpoint of a chunk in one transaction, and see what is to be done then."""
        repeats = self._catching_up
        self._set_state(reply)
        self._adapt(reply.block, reply.took_s)
        block = reply.block
        if repeats:
            self._check_repeated(block)
            if not self._catching_up:
                self._start_clocks()
            block = None
        elif block is not None:
            now_s = self._elapsed_s
            block, self._stamped_s = block.stamped(self._stamped_s, now_s), now_s
        found = reply.evaluations
        if reply.ending and not self._catching_up:
            rung = self.claim.rung
            if reply.stop_reason:
                self._end_now(reply.ending, block, found, self.writer.finish, reply.stop_reason)
            else:
                told = f"waits at rung {rung} for the other runs of its sweep"
                self._end_now(reply.ending, block, found, self.writer.pause, told)
            return
        checkpoint = self._checkpoints.due(self._at, reply.state, at_once=len(reply.state) <= SMALL_SNAPSHOT)
        commands = self._stored(lambda: self.writer.write(block, evaluations=found, checkpoint=checkpoint))
        self._go_on(commands)

    def _check_repeated(self, block: Block | None) -> None:
        known = self.writer.last_loss
        if self._catching_up or block is None:
            return
        if not np.array_equal(block.loss[-1], np.nan if known is None else known, equal_nan=True):
            log.warning(
                "run %d: iteration %d repeats as %r, stored is %r: this worker's arithmetic differs",
                self.claim.run_id, self._at - 1, float(block.loss[-1]), known,
            )  # fmt: skip

    def _go_on(self, commands: Sequence[Command]) -> None:
        if self._leave():
            self._end_now(end=self.writer.release, reason="its bridge was told to leave")
            return
        if commands:
            self._obey(commands)
        if self.is_over or self._end is not None or self._catching_up:
            return
        seconds = self.spec.seconds
        if self._stop_reason:
            self._end = (self.writer.finish, self._stop_reason, ())
        elif seconds is not None and self._elapsed_s >= seconds:
            self._end = (self.writer.finish, "planned seconds over", ())

    def _obey(self, commands: Sequence[Command], *, compute: bool = True) -> None:
        """Obey at this border; a run that was stopped is evaluated first, unless nothing is to be computed any more."""
        at = max(self._at, self.writer.iterations_done)
        steers = self._state is not None and not self._catching_up
        state = UNKNOWN if self._state is None else state_from_bytes(self._state)
        done = obeyed(commands, state, at, steers=steers)
        if done.state is not state:
            self._state = state_to_bytes(done.state)
        if done.ending == "pause":
            self._end_now(end=self.writer.pause, applied=done.applied)
        elif done.ending and (not compute or self._catching_up):
            self._end_now(end=self.writer.cancel, reason=done.outcome, applied=done.applied)
        elif done.ending:
            self._end = (self.writer.cancel, done.outcome, done.applied)
        elif done.applied:
            assert self._state is not None
            # With a checkpoint: whoever takes the run up must not go on with the old step size.
            checkpoint = self._checkpoints.taken(self._at, self._state, "resume")
            self._stored(lambda: self.writer.write(checkpoint=checkpoint, applied=done.applied))

    def _end_now(
        self,
        ending: Sequence[Evaluation] = (),
        block: Block | None = None,
        before: Sequence[Evaluation] = (),
        end: Callable[..., None] | None = None,
        reason: str = "",
        applied: Sequence[Applied] = (),
    ) -> None:
        """Commit the last transaction of this attempt, with a checkpoint where there is a state."""
        if end is None:
            assert self._end is not None
            end, reason, applied = self._end
        final = end in (self.writer.finish, self.writer.cancel) and not self._catching_up
        checkpoint = None
        if self._state is not None:
            checkpoint = self._checkpoints.taken(self._at, self._state, "end" if final else "resume")
        commit, why, answers = end, reason, applied
        self._stored(
            lambda: commit(why, block=block, evaluations=[*before, *ending], checkpoint=checkpoint, applied=answers)
        )
        self.is_over = True
        log.info("run %d at iteration %d: %s", self.claim.run_id, self._at, reason)

    def _stop_with(self, reply: Reply) -> None:
        if reply.trouble == "waits":
            self._stored(lambda: self.writer.pause(reply.reason))
        else:
            self._stored(lambda: self.writer.fail(reply.reason))
        self.is_over = True

    def _paced_until(self, iteration: int) -> float:
        """When a chunk that ends at an iteration may be stored, in seconds of the monotonic clock."""
        since, first = self._pace_from
        if self.spec.pace is None or self._catching_up:
            return 0.0
        due_at = since + (iteration - first) / self.spec.pace
        if time.monotonic() - due_at > FALLEN_BEHIND_S:
            self._pace_from = (time.monotonic(), iteration)
        return due_at

    def _stored(self, commit: Callable[[], T]) -> T:
        done = retried(commit, self._leave, self.writer.note_waiting)
        self._stored_at = time.monotonic()
        return done
