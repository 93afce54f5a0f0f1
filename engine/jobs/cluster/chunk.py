"""Chunk: k iterations of a run and the evaluations due between them, as a pure function of its state."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store import Evaluation
from engine.strategy.evaluated import looked_at
from engine.strategy.optimize import Optimization
from engine.trace.block import Block, concatenate
from engine.trace.state import State

LONGEST_BLOCK = 50_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a chunk gives: the state after it, its iterations and evaluations.

    `ending` are the evaluations at the end of the run or at its rung; empty if it reached neither. The state is that
    before an evaluation which is due at its iteration, so whoever goes on from it counts that one once.
    """

    state: State
    block: Block | None
    evaluations: tuple[Evaluation, ...] = ()
    ending: tuple[Evaluation, ...] = ()


def chunk(optimization: Optimization, state: State, k: int, rung: int | None = None, compared: bool = False) -> Chunk:
    """Advance a state by at most k iterations, which end with the run and at its rung. Pure.

    Cut anywhere, the same bits: the losses, evaluations and last state of chunks in a row are those of one.
    Raises RuntimeError where a strategy neither advances nor says why it stops.
    """
    blocks: list[Block] = []
    evaluations: list[Evaluation] = []
    end = state.iteration + k
    if rung is not None and rung >= state.iteration:
        end = min(end, rung)
    evaluated_at = -1
    while not state.stop_reason and state.iteration < end:
        at = state.iteration
        if at != evaluated_at and _next_evaluation(optimization, at, compared) == at:
            found = evaluated(optimization, state)
            evaluations += found
            evaluated_at = at
            if optimization.next_evaluation(at) == at:  # patience counts regular evaluations alone
                for one in found:
                    if one.split == "validation":
                        state = optimization.after_evaluation(state, one.loss)
            continue
        room = min(end, _next_evaluation(optimization, at + 1, compared)) - at
        state, block = optimization.advance(state, min(room, LONGEST_BLOCK))
        if not len(block) and not state.stop_reason:
            raise RuntimeError(f"no progress at iteration {at}, and no reason to stop")
        if len(block):
            blocks.append(block)
    ending: tuple[Evaluation, ...] = ()
    if state.stop_reason:
        ending = evaluated(optimization, state, at_end=True)
    elif rung is not None and state.iteration == rung:
        ending = evaluated(optimization, state)
    return Chunk(state, concatenate(blocks) if blocks else None, tuple(evaluations), ending)


def evaluated(optimization: Optimization, state: State, at_end: bool = False) -> tuple[Evaluation, ...]:
    """The evaluations of a state: of the train and validation splits, or, at the end of a run, of all of them."""
    weights = optimization.result(state) if at_end else looked_at(state)
    splits = [split for split in optimization.objectives if at_end or split != "test"]
    return tuple(Evaluation(state.iteration, split, *optimization.evaluate(weights, split)) for split in splits)


def _next_evaluation(optimization: Optimization, iteration: int, compared: bool) -> int:
    return optimization.next_early_evaluation(iteration) if compared else optimization.next_evaluation(iteration)
