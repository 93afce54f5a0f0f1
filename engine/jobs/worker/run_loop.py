"""Run loop: one claimed run: advance its state in blocks, write them, obey commands, keep to pace and budget."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeVar

import numpy as np

from engine.jobs.processes.retry import retried
from engine.jobs.worker.checkpoints import Checkpoints
from engine.jobs.worker.data_check import with_data
from engine.jobs.worker.environment import environment_json
from engine.jobs.worker.forking import prepare_attempt
from engine.jobs.worker.heartbeat import RunEnded
from engine.jobs.worker.obeying import obeyed
from engine.jobs.worker.watch import Interrupted, LookUp, computing
from engine.own_code.failures import where
from engine.own_code.loading import NotTrusted
from engine.spec import SpecError
from engine.store import (
    Claim,
    Command,
    Evaluation,
    FencedOff,
    RunWriter,
    Store,
    StoreError,
)
from engine.store.write.writer import Applied
from engine.strategy.evaluated import looked_at
from engine.strategy.optimize import Optimization
from engine.trace.block import Block, concatenate
from engine.trace.state import State

log = logging.getLogger(__name__)

T = TypeVar("T")

BLOCK_S = 0.04
"""Target duration of a block: two fit into a flush interval."""

FLUSH_S = 0.1
"""Seconds between commits: a kill loses no more than this."""

COMMIT_S = 0.01
"""Seconds of FLUSH_S reserved for the commit."""

MOST_ROWS = 50_000
HEARTBEAT_S = 0.5
FALLEN_BEHIND_S = 1.0


def run_claimed(store: Store, claim: Claim, leave: Callable[[], bool]) -> None:
    """Advance a claimed run until it ends, is paused, stopped or released, or loses its claim.

    A spec that cannot be built or an unexpected exception fails the run with the reason.
    Raises StoreError when the store can no longer be written.
    """
    log.info("run %d, attempt %d: %s", claim.run_id, claim.attempt, claim.spec.to_json())
    try:
        writer = retried(lambda: store.writer(claim), leave)
        try:
            optimization, state = prepare_attempt(claim, writer, leave)
            RunAttempt(optimization, writer, state, leave).carry_on()
        except RunEnded as ended:
            log.info("run %d did not begin: %s", claim.run_id, ended)
        except NotTrusted as error:
            log.warning("run %d waits: %s", claim.run_id, error.message)
            reason = error.reason_to_wait(claim.run_id)
            retried(lambda: writer.pause(reason), leave)
        except SpecError as error:
            log.error("run %d cannot be built: %s", claim.run_id, error.message)
            reason = error.message
            retried(lambda: writer.fail(reason), leave)
        except StoreError:
            raise
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            log.exception("run %d failed", claim.run_id)
            reason = where(error)
            retried(lambda: writer.fail(reason), leave)
    except FencedOff as error:
        log.warning("%s", error)


class RunAttempt:
    """One attempt at one run.

    After a take-up the iterations since the checkpoint are recomputed at full speed and not written again: committed
    rows stay. Until then only commands that end the attempt are obeyed.
    """

    def __init__(self, optimization: Optimization, writer: RunWriter, state: State, leave: Callable[[], bool]) -> None:
        self.optimization = optimization
        self.spec = optimization.spec
        self.writer = writer
        self.state = state
        self.leave = leave
        self._k = optimization.first_block
        self._blocks: list[Block] = []
        self._evaluations: list[Evaluation] = []
        self._evaluated_at = -1
        self._runs_own_code, self._was_interrupted = bool(self.spec.own_names), False
        now = time.monotonic()
        self._flushed_at = now
        self._checkpoints = Checkpoints(writer.claim.snapshot_iteration)
        self._base_s, self._since = writer.claim.elapsed_s, now
        self._stamped_s = self._base_s
        self._pace_from = (now, state.iteration)

    def carry_on(self) -> None:
        """Advance, write and obey until this attempt ends. Raises StoreError, FencedOff when the claim is lost."""
        try:
            self._begin()
        except Interrupted:
            self._was_interrupted = True
        commands: Sequence[Command] | None = self._flush()
        while commands is not None:
            try:
                commands = self._go_on(commands)
                self._was_interrupted = False
            except Interrupted:
                self._was_interrupted = True
                commands = self._flush()

    def _go_on(self, commands: Sequence[Command]) -> Sequence[Command] | None:
        """Obey these commands and advance by a block; returns those that wait then, None once this attempt ended."""
        if self.leave():
            self._end(self.writer.release, "its worker was told to leave")
            return None
        if self._at_rung and not any(command.verb == "stop" for command in commands):
            self._wait_at_rung()
            return None
        if commands and self._obey(commands):
            return None
        over = "" if self._catching_up else self._finish_reason()
        if over:
            self._end(self.writer.finish, over)
            return None
        self._evaluate_when_due()
        return self._advance() or self._flush_when_due()

    def _computing(self) -> AbstractContextManager[None]:
        """Around what may fail, or compute for ever: code of the user's."""
        return computing(LookUp(self.writer, self.leave) if self._runs_own_code else None, self._flush)

    def _begin(self) -> None:
        best = self.state.best_loss
        with self._computing():
            losses = self.optimization.losses_per_gradient(self.state)
        begin = partial(
            self.writer.begin,
            with_data(environment_json(is_numerical=losses > 1), self.optimization.dataset),
            examples_per_iteration=self.optimization.examples_per_iteration * losses,
            best_before=best if self.writer.claim.origin is not None and math.isfinite(best) else None,
        )
        self._retried(begin)

    def _retried(self, commit: Callable[[], T]) -> T:
        return retried(commit, self.leave, self.writer.note_waiting)

    @property
    def _catching_up(self) -> bool:
        return self.state.iteration < self.writer.iterations_done

    @property
    def _elapsed_s(self) -> float:
        return self._base_s + (time.monotonic() - self._since)

    @property
    def _at_rung(self) -> bool:
        rung = self.writer.claim.rung
        return rung is not None and self.state.iteration >= rung and not (self._catching_up or self._finish_reason())

    def _wait_at_rung(self) -> None:
        """Evaluate and pause the run, which frees the worker, until its rung is decided."""
        self._evaluate([split for split in self.optimization.objectives if split != "test"])
        self._end(self.writer.pause, f"waits at rung {self.writer.claim.rung} for the other runs of its sweep")

    def _finish_reason(self) -> str:
        seconds = self.spec.seconds
        if self.state.stop_reason:
            return self.state.stop_reason
        return "planned seconds over" if seconds is not None and self._elapsed_s >= seconds else ""

    def _advance(self) -> list[Command]:
        """Advance one block; returns the commands found while waiting for the pace."""
        before = self.state.iteration
        repeating = self._catching_up
        k = self._next_size
        started = time.monotonic()
        with self._computing():
            self.state, block = self.optimization.advance(self.state, k)
        self._adapt_block_size(len(block), time.monotonic() - started)
        if repeating:
            self._after_catching_up(block)
            return []
        if not len(block):
            if not self.state.stop_reason:
                raise RuntimeError(f"no progress at iteration {before}, and no reason to stop")
            return []
        commands = self._keep_pace()
        now_s = self._elapsed_s
        self._blocks.append(block.stamped(self._stamped_s, now_s))
        self._stamped_s = now_s
        return commands

    @property
    def _next_size(self) -> int:
        """Iterations of the next block, which ends at the latest at the next evaluation or rung."""
        at, rung = self.state.iteration, self.writer.claim.rung
        limits = [self._k, self._next_evaluation(at + 1) - at]
        if self._catching_up:
            limits.append(self.writer.iterations_done - at)
        elif self.spec.pace is not None:
            limits.append(round(self.spec.pace * FLUSH_S))
        if rung is not None and rung > at:
            limits.append(rung - at)
        return max(1, min(limits))

    def _adapt_block_size(self, done: int, took_s: float) -> None:
        """Adapt the block size to BLOCK_S; it grows 4 times at most, since the first calls are slow."""
        if done >= self._k or took_s > BLOCK_S:
            wanted = done * BLOCK_S / max(took_s, 1e-6)
            self._k = int(min(max(wanted, 1), 4 * self._k, MOST_ROWS))

    def _after_catching_up(self, block: Block) -> None:
        """After a recomputed block: once all known iterations are done, check the last loss and start the clocks."""
        if self._catching_up:
            return
        known = self.writer.last_loss
        if len(block) and not np.array_equal(block.loss[-1], np.nan if known is None else known, equal_nan=True):
            log.warning(
                "run %d: iteration %d repeats as %r, stored is %r: this machine's arithmetic differs",
                self.writer.claim.run_id, self.state.iteration - 1, float(block.loss[-1]), known,
            )  # fmt: skip
        self._since = time.monotonic()
        self._pace_from = (self._since, self.state.iteration)

    def _keep_pace(self) -> list[Command]:
        """Sleep until the block is due, with heartbeats; returns early with commands, when leaving or out of time."""
        if self.spec.pace is None:
            return []
        since, first = self._pace_from
        due = since + (self.state.iteration - first) / self.spec.pace
        if time.monotonic() - due > FALLEN_BEHIND_S:
            self._pace_from = (time.monotonic(), self.state.iteration)
        while (left_s := due - time.monotonic()) > 0 and not self.leave():
            seconds = self.spec.seconds
            if seconds is not None and self._elapsed_s >= seconds:
                break
            time.sleep(min(left_s, FLUSH_S))
            if time.monotonic() - self._flushed_at >= HEARTBEAT_S:
                commands = self._flush()
                if commands:
                    return commands
        return []

    def _evaluate_when_due(self) -> None:
        iteration = self.state.iteration
        if iteration != self._evaluated_at and self._next_evaluation(iteration) == iteration:
            self._evaluate([split for split in self.optimization.objectives if split != "test"])
            if self.optimization.next_evaluation(iteration) != iteration:
                return  # patience counts regular evaluations alone: early losses may rise first
            # Checkpoints come before the evaluation at their iteration, so that a take-up counts it once too.
            for found in self._evaluations:
                if found.split == "validation" and found.iteration == iteration:
                    self.state = self.optimization.after_evaluation(self.state, found.loss)

    def _next_evaluation(self, iteration: int) -> int:
        if self.writer.claim.compared:
            return self.optimization.next_early_evaluation(iteration)
        return self.optimization.next_evaluation(iteration)

    def _evaluate(self, splits: Sequence[str], at_end: bool = False) -> None:
        with self._computing():
            weights = self.optimization.result(self.state) if at_end else looked_at(self.state)
            found = [(split, *self.optimization.evaluate(weights, split)) for split in splits]
        self._evaluations += [Evaluation(self.state.iteration, *one) for one in found]
        self._evaluated_at = self.state.iteration

    def _flush_when_due(self) -> list[Command]:
        next_s = BLOCK_S * self._next_size / self._k
        is_due = time.monotonic() - self._flushed_at + next_s + COMMIT_S >= FLUSH_S
        return self._flush() if is_due or sum(map(len, self._blocks)) >= MOST_ROWS else []

    def _flush(self, with_checkpoint: bool = False, applied: Sequence[Applied] = ()) -> list[Command]:
        """Commit the gathered blocks and evaluations, and a checkpoint when due; returns the waiting commands."""
        checkpoint = self._checkpoints.due(self.state.iteration, self.state, at_once=with_checkpoint)
        gathered = self._gathered()
        commands = self._retried(
            lambda: self.writer.write(gathered, evaluations=self._evaluations, checkpoint=checkpoint, applied=applied)
        )
        self._clear_gathered()
        return commands

    def _end(
        self,
        end: Callable[..., None],
        reason: str,
        applied: Sequence[Applied] = (),
    ) -> None:
        """Commit the last transaction of this attempt, with a checkpoint; a final end evaluates all splits first."""
        final = end in (self.writer.finish, self.writer.cancel)
        # While catching up, the stored iterations are ahead of this state.
        final &= not self._catching_up
        if final and not self._was_interrupted:
            self._evaluate(list(self.optimization.objectives), at_end=True)
        checkpoint = self._checkpoints.taken(self.state.iteration, self.state, "end" if final else "resume")
        gathered = self._gathered()
        self._retried(
            lambda: end(reason, block=gathered, evaluations=self._evaluations, checkpoint=checkpoint, applied=applied)
        )
        self._clear_gathered()
        log.info("run %d at iteration %d: %s", self.writer.claim.run_id, self.state.iteration, reason)

    def _gathered(self) -> Block | None:
        return concatenate(self._blocks) if self._blocks else None

    def _clear_gathered(self) -> None:
        self._blocks, self._evaluations = [], []
        self._flushed_at = time.monotonic()

    def _obey(self, commands: Sequence[Command]) -> bool:
        """Obey the waiting commands in order; True when one of them ended this attempt.

        While catching up only commands that end the attempt are obeyed; a step size waits.
        """
        at = max(self.state.iteration, self.writer.iterations_done)
        done = obeyed(commands, self.state, at, steers=not self._catching_up)
        self.state = done.state
        if done.ending == "stop":
            self._end(self.writer.cancel, done.outcome, done.applied)
        elif done.ending == "pause":
            self._end(self.writer.pause, "", done.applied)
        elif done.applied:
            # With a checkpoint: after a take-up the run must not continue with the old step size.
            self._flush(with_checkpoint=True, applied=done.applied)
        return bool(done.ending)
