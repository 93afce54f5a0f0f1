"""Weights of a run after any iteration: those of a checkpoint at once, then the very ones, computed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from os import PathLike

from engine.jobs.people.kept_weights import KeptWeights, kept_in
from engine.jobs.worker.forking import repeated
from engine.objective.layout import Array
from engine.store import Reader, open_for_reading
from engine.strategy.evaluated import looked_at
from engine.strategy.optimize import Optimization, build
from engine.trace.state import State

REPEAT_S = 3.0
"""Seconds after which a repeat is given up: then the weights of the checkpoint before stand for it."""

LIVE_S = 0.01
"""Seconds that a run which grows is repeated for, for one picture: one at full speed takes as long as it took."""

GROWTH = 4
"""How many times as many iterations are repeated at once as before, at most, while their time is not known well."""

FORGOTTEN = 0.9
"""What is left of the known time of an iteration that was too slow to try: so that it is tried again some day."""


class GivenUp(Exception):
    """A repeat took too long, or nobody wants it any more."""


@dataclass(frozen=True, slots=True, eq=False)
class StateAt:
    """A run's state after `iteration` iterations, with its numerics.

    `is_exact`: that is the iteration that was asked for, or that a growing run could be followed to.
    """

    run_id: int
    iteration: int
    state: State
    optimization: Optimization
    is_exact: bool

    @property
    def weights(self) -> Array:
        """The weights (size,) that are looked at: their average, where the run keeps one."""
        return looked_at(self.state)


def states(
    path: str | PathLike[str],
    wanted: Callable[[], bool],
    run_id: int,
    iteration: int | None = None,
    live: Follower | None = None,
) -> Iterator[StateAt]:
    """Yield a run's state at its newest checkpoint at or before an iteration, then at that iteration itself.

    The second one is computed again, bit for bit, changes of the step size included; it is left out where that takes
    longer than REPEAT_S. Without an `iteration` the newest checkpoint is all. A `live` follower of a run that grows
    yields one state alone: as near to the iteration as it gets in LIVE_S. Raises as `kept_weights` does.
    """
    follower = live or Follower(path, run_id)
    at = follower.nearest(iteration)
    if live is not None and iteration is not None:
        at = live.on_to(iteration, wanted, LIVE_S)
        yield replace(at, is_exact=True)
        return
    yield at
    if at.is_exact or iteration is None:
        return
    at = follower.on_to(iteration, wanted, REPEAT_S)
    if at.is_exact:
        yield at


class Follower:
    """Follows a run from moment to moment: goes on from where it was, unless a checkpoint is nearer."""

    def __init__(self, path: str | PathLike[str], run_id: int) -> None:
        self._path, self.run_id = path, run_id
        self._kept: KeptWeights | None = None
        self._state: State | None = None
        self._optimization: Optimization | None = None
        self._steps: tuple[tuple[int, float], ...] = ()
        self._iteration_s, self._most = 0.0, 1

    def nearest(self, iteration: int | None, reader: Reader | None = None) -> StateAt:
        """Return the nearest state at or before an iteration that needs no computing; None: the newest that is kept.

        A `reader` of the store saves opening it. Raises as `kept_weights` does.
        """
        with nullcontext(reader) if reader is not None else closing(open_for_reading(self._path)) as opened:
            kept = self._kept = kept_in(opened, self.run_id, iteration, self._kept)
            self._steps = self._steps_until(opened, iteration)
        if self._optimization is None:
            self._optimization = build(kept.spec)
        held = self._state
        if held is None or iteration is None or not kept.iteration <= held.iteration <= iteration:
            self._state = kept.state
        return self._at(iteration)

    def on_to(self, iteration: int, wanted: Callable[[], bool], most_s: float) -> StateAt:
        """Repeat the run bit for bit from the state of `nearest`, for about `most_s`; returns how far that has led.

        It ends early where the run ends, or when it is not wanted any more.
        """
        assert self._state is not None
        assert self._optimization is not None
        end = time.monotonic() + most_s

        def heartbeat() -> None:
            if not wanted() or time.monotonic() > end:
                raise GivenUp

        try:
            while (before := self._state.iteration) < iteration:
                left = end - time.monotonic()
                if left < self._iteration_s:
                    self._iteration_s *= FORGOTTEN
                    break
                if self._iteration_s:
                    self._most = min(int(left / self._iteration_s), GROWTH * self._most)
                started = time.monotonic()
                stop = min(iteration, before + self._most)
                for state in repeated(self._optimization, self._state, stop, self._steps, heartbeat):
                    self._state = state
                if self._state.iteration == before:
                    break  # the run ended here
                self._iteration_s = (time.monotonic() - started) / (self._state.iteration - before)
        except GivenUp:
            pass
        return self._at(iteration)

    def _at(self, iteration: int | None) -> StateAt:
        assert self._state is not None
        assert self._optimization is not None
        there = self._state.iteration
        is_exact = iteration is None or there == iteration
        return StateAt(self.run_id, there, self._state, self._optimization, is_exact)

    def _steps_until(self, reader: Reader, iteration: int | None) -> tuple[tuple[int, float], ...]:
        """The step sizes that were set on the way, as (iteration, step size)."""
        return tuple(
            (command.applied_at_iteration, float(command.argument))
            for command in reader.commands(self.run_id)
            if command.verb == "set-step-size"
            and command.applied_at_iteration is not None
            and (iteration is None or command.applied_at_iteration <= iteration)
        )
