"""Forking: the state that an attempt begins with; a fork's is its parent's, recomputed, and adapted to its spec."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from engine.jobs.processes.retry import retried
from engine.jobs.worker.data_check import check_data
from engine.jobs.worker.heartbeat import Heartbeat, RunEnded
from engine.jobs.worker.watch import Interrupted, LookUp, watched
from engine.spec import RunSpec, SpecError
from engine.store import Claim, Origin, RunWriter
from engine.strategy import optimize
from engine.strategy.evaluated import counts, looked_at
from engine.strategy.optimize import Optimization
from engine.trace.state import State, state_from_bytes

log = logging.getLogger(__name__)

BLOCK_S = 0.04
MOST_ITERATIONS = 50_000

DECIDE_THE_LOSS = (
    *("dataset", "standardize", "objective", "delta", "regularization_strength", "regularize_bias", "hidden_size"),
    *("hidden", "channels", "activation", "pooling", "normalization", "residual", "dimensions", "code"),
)
"""Fields of a spec whose change makes earlier losses, and the scores that a search keeps, incomparable."""


def prepare_attempt(claim: Claim, writer: RunWriter, leave: Callable[[], bool]) -> tuple[Optimization, State]:
    """The optimization of a claimed run and the state that this attempt begins with.

    Raises RunEnded when it was stopped, paused or released meanwhile, code of the user's that does not return included.
    """
    heartbeat = Heartbeat(writer, leave)
    try:
        with watched(LookUp(writer, leave)) if claim.spec.own_names else nullcontext():
            optimization = optimize.build(claim.spec)
            check_data(optimization.dataset, claim.environment)
            return optimization, state_of(claim, optimization, heartbeat)
    except Interrupted:
        heartbeat()
        retried(lambda: writer.release("it was left while its code was loaded"), leave)
        raise RunEnded("given back") from None


def state_of(claim: Claim, optimization: Optimization, heartbeat: Callable[[], None]) -> State:
    """The state that an attempt at a run goes on from: that of its checkpoint, of its fork, or its start.

    Raises as `first_state` does, and RuntimeError for a checkpoint that cannot be read where a repeat is no help.
    """
    if claim.origin is not None:
        return first_state(claim.origin, optimization, heartbeat)
    if claim.checkpoint is None:
        return optimization.start()
    try:
        return state_from_bytes(claim.checkpoint.data)
    except ValueError as error:
        if claim.first_iteration:
            raise RuntimeError(f"the state that it goes on from cannot be read: {error}") from error
        log.error("run %d starts again, its stored iterations are repeated: %s", claim.run_id, error)
        return optimization.start()


def first_state(origin: Origin, optimization: Optimization, heartbeat: Callable[[], None]) -> State:
    """The state in which a fork begins. `heartbeat` is called before each block (about 0.04 s) and may raise to stop.

    Raises SpecError when the parent's weights do not fit the fork's spec, RuntimeError when the parent ends earlier.
    """
    counted = counts(optimization.spec)
    return changed(state_at(origin, heartbeat, evaluated=counted), origin.spec, optimization)


def state_at(origin: Origin, heartbeat: Callable[[], None], evaluated: bool = False) -> State:
    """The parent's state before the fork's iteration, bit for bit, changes of its step size included.

    `evaluated` also repeats its validation evaluations, which only a fork needs in which they decide something. Raises
    RuntimeError when the parent ends before that iteration, DataError when its data have changed since it began.
    """
    optimization = optimize.build(origin.spec)
    check_data(optimization.dataset, origin.environment, "its parent")
    state = optimization.start() if origin.checkpoint is None else state_from_bytes(origin.checkpoint.data)
    for reached in repeated(optimization, state, origin.iteration, origin.steps, heartbeat, evaluated):
        state = reached
    if state.iteration < origin.iteration:
        raise RuntimeError(f"the parent ends at iteration {state.iteration}: {state.stop_reason or 'no progress'}")
    return state


def repeated(
    optimization: Optimization,
    state: State,
    stop: int,
    steps: Sequence[tuple[int, float]],
    heartbeat: Callable[[], None],
    evaluated: bool = False,
    every: int = MOST_ITERATIONS,
) -> Iterator[State]:
    """Repeat a run from a state up to iteration `stop`; yields the state after each block, and ends where the run does.

    `steps` are the step sizes set during the run, as (iteration, step size). A block lasts about 0.04 s and does not
    pass a multiple of `every`; `heartbeat` is called before it and may raise to stop. `evaluated` also repeats the
    validation evaluations.
    """
    evaluated = (evaluated or counts(optimization.spec)) and "validation" in optimization.objectives
    k = optimization.first_block
    while state.iteration < stop:
        heartbeat()
        for at, step_size in steps:
            if at == state.iteration:
                state = optimize.with_step_size(state, step_size)
        stops = [stop, (state.iteration // every + 1) * every, *(at for at, _ in steps if at > state.iteration)]
        if evaluated:
            if optimization.next_evaluation(state.iteration) == state.iteration:
                state = optimization.after_evaluation(state, optimization.evaluate(looked_at(state), "validation")[0])
            stops.append(optimization.next_evaluation(state.iteration + 1))
        started = time.monotonic()
        state, block = optimization.advance(state, min(k, min(stops) - state.iteration))
        if not len(block):
            return
        if len(block) >= k:
            wanted = k * BLOCK_S / max(time.monotonic() - started, 1e-6)
            k = int(min(max(wanted, 1), 4 * k, MOST_ITERATIONS))
        yield state


def changed(state: State, before: RunSpec, optimization: Optimization) -> State:
    """The parent's state adapted to another spec: weights and generators are kept, parts the change affects are reset.

    Equal specs give the parent's own state. Raises SpecError when the number of weights differs.
    """
    spec, fresh = optimization.spec, optimization.start()
    if fresh.weights.shape != state.weights.shape:
        raise SpecError(
            "objective",
            f"the weights of the parent ({len(state.weights)} numbers) do not fit {spec.objective} on {spec.dataset} "
            f"({len(fresh.weights)}); a fork goes on with the weights that there are",
        )
    same_loss = all(getattr(before, name) == getattr(spec, name) for name in DECIDE_THE_LOSS)
    same_strategy = before.strategy == spec.strategy
    state = replace(
        state,
        weights=state.weights.astype(fresh.weights.dtype, copy=False),
        step_size=fresh.step_size,
        buffers=state.buffers if same_strategy and (same_loss or not _remembers_losses(spec)) else {},
        streams={**fresh.streams, **(state.streams if same_strategy and before.seed == spec.seed else {})},
        evaluations_since_best=0 if state.stop_reason else state.evaluations_since_best,
        stop_reason="",
    )
    if same_loss and (same_strategy or not spec.searches):
        return state
    # A search has to beat the loss of its initial weights.
    loss = optimization.evaluate(state.weights, "train")[0]
    if same_loss:
        return replace(state, best_loss=loss)
    return replace(state, best_loss=loss, first_loss=loss, best_evaluation=float("inf"), evaluations_since_best=0)


def _remembers_losses(spec: RunSpec) -> bool:
    """Whether what a strategy carries along was learnt from the very loss that it minimised."""
    return spec.searches or not spec.kind.batches
