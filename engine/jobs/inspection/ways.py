"""Ways: the weights along stored runs: those of their checkpoints at once, then the same ones recomputed exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.analysis.surface import Array
from engine.jobs.people.kept_weights import state_of
from engine.jobs.worker.data_check import check_data_of
from engine.jobs.worker.forking import repeated
from engine.store import Reader, Refused, uncomputed
from engine.strategy import optimize
from engine.strategy.optimize import Optimization
from engine.trace.state import State

MOST_POINTS = 300
"""Most points of a way: when there are more, every second one is dropped."""

MOST_BYTES = 24 << 20
"""Most memory of a way; one of many weights has fewer points."""

MOST_CPU_S = 4.0
"""A run whose repeat takes longer keeps the way through its checkpoints."""

JUDGED_CPU_S = 0.2
"""Processor time after which the time of the whole repeat is estimated."""

TRYING = ("random-search", "local-search")
"""Strategies whose proposals are kept beside the way."""


class Unwanted(Exception):
    """Nobody waits for the rest of a repeat."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The weights (k, size) of a run after `iterations` (k,), ascending.

    Up to `exact_to` they are every `every`-th ones, recomputed; beyond, those of its checkpoints. The first `lasting`
    ones stay as they are while `every` does. `tries` (m, size) are proposals of a search at iterations `tried_at` (m,),
    `accepted` (m,) whether it kept them. All of it is valid until the run is repeated further.
    """

    run_id: int
    iterations: NDArray[np.int64]
    weights: Array
    exact_to: int
    every: int
    lasting: int
    tries: Array
    tried_at: NDArray[np.int64]
    accepted: NDArray[np.bool_]
    is_too_long: bool = False

    @property
    def finite(self) -> Way:
        """The points whose weights are finite, which may be none."""
        kept = np.isfinite(self.weights).all(axis=1)
        return self if kept.all() else replace(self, iterations=self.iterations[kept], weights=self.weights[kept])

    def until(self, iteration: int) -> Way:
        """Return the part up to an iteration; its first point always belongs to it."""
        kept = int(np.searchsorted(self.iterations, max(iteration, int(self.iterations[0])), side="right"))
        tried = int(np.searchsorted(self.tried_at, iteration))
        if kept == len(self.iterations) and tried == len(self.tried_at):
            return self
        return replace(
            self,
            iterations=self.iterations[:kept],
            weights=self.weights[:kept],
            exact_to=min(self.exact_to, int(self.iterations[kept - 1])),
            lasting=min(self.lasting, kept),
            tries=self.tries[:tried],
            tried_at=self.tried_at[:tried],
            accepted=self.accepted[:tried],
        )


class Walker:
    """Follows one stored run: reads its checkpoints, repeats it, and goes on from where the repeat stood.

    Raises Refused for a run without a readable spec, whose data have changed or that has kept no weights.
    """

    def __init__(self, reader: Reader, run_id: int) -> None:
        run = reader.the_run(run_id)
        if run.spec is None:
            raise Refused(uncomputed(run))
        check_data_of(run.spec, reader.background(run), f"run {run_id}")
        self.run_id, self.spec, self.first = run_id, run.spec, run.first_iteration
        self.optimization = optimize.build(run.spec)
        size, itemsize = self.optimization.objective.size, self.optimization.objective.dtype.itemsize
        self._most = max(4, min(MOST_POINTS, MOST_BYTES // (size * itemsize)))
        self._kept: dict[int, Array] = {}
        self._steps: tuple[tuple[int, float], ...] = ()
        self._done, self._is_over = run.iterations_done, False
        self._repeat: Repeat | None = None
        self.is_too_long = bool(run.spec.own_names)
        self.read(reader)

    def read(self, reader: Reader) -> None:
        """Read what is new in the store: checkpoints, step sizes that were set, and how far the run is."""
        run = reader.the_run(self.run_id)
        self._done, self._is_over = run.iterations_done, run.state in ("finished", "failed", "cancelled")
        self._steps = tuple(
            (event.iteration, float(event.argument))
            for event in reader.events(self.run_id)
            if event.verb == "set-step-size" and _is_number(event.argument)
        )
        stored = reader.checkpoints(self.run_id)
        self._kept = {at: weights for at, weights in self._kept.items() if at in stored}
        if self._repeat is not None and self._kept.keys() == set(stored):
            return
        found = reader.checkpoint_size(self.run_id)
        most = max(2, MOST_BYTES // max(found[1], 1)) if found is not None else 2
        wanted = stored if len(stored) <= most else [*stored[:: -(-len(stored) // most)], stored[-1]]
        refused: Refused | None = None
        for at in wanted:
            if at in self._kept:
                continue
            read = reader.checkpoint(self.run_id, at)
            if read is None or read[0] != at:
                continue
            try:
                state = state_of(read[1], self.run_id, at, self.optimization)
            except Refused as error:
                refused = error  # the way leads past it
                continue
            self._kept[at] = state.weights
            if self._repeat is None and at == self.first:
                self._repeat = Repeat(self.optimization, state, self._most)
        if refused is not None and not self._kept:
            raise refused
        if self._repeat is None and not self.first:
            self._repeat = Repeat(self.optimization, self.optimization.start(), self._most)
        if not self._kept and self._repeat is None:
            raise Refused(f"Run {self.run_id} has kept no weights yet.")

    def repeat(self, wanted: Callable[[], bool]) -> bool:
        """Repeat what was done since; returns whether the way has changed. It may be left and called again."""
        repeat = self._repeat
        if repeat is None or self.is_too_long or repeat.state.iteration >= self._done:
            return False
        before = repeat.state.iteration
        self.is_too_long = not repeat.on_to(self._done, self._steps, wanted)
        return repeat.state.iteration > before

    def is_over_at(self, iteration: int) -> bool:
        """Return whether the run has ended, and had by then."""
        return self._is_over and iteration >= self._done

    def settled(self, iteration: int) -> int:
        """Return the iteration whose weights decide about a plane at a moment, so that planes change rarely.

        It is the end of a run that is over there, else the newest of 4, 6, 8, 12, 16, 24, 32, ...
        """
        if self.is_over_at(iteration) or iteration < 4:
            return iteration
        unit = 1 << (iteration.bit_length() - 2)
        return iteration // unit * unit

    def way(self) -> Way:
        """Return the way as far as it is known."""
        exact_to, every, tries = self.first, 1, {}
        iterations, weights, lasting = np.empty(0, np.int64), None, 0
        kept = self._kept
        if self._repeat is not None:
            exact_to, every, tries = self._repeat.state.iteration, self._repeat.every, self._repeat.tries
            iterations, weights = self._repeat.points
            lasting = self._repeat.count
            kept = {at: weights for at, weights in self._kept.items() if at > exact_to}
        if kept:
            at = sorted(kept)
            beyond = np.stack([kept[one] for one in at])
            iterations = np.concatenate([iterations, np.array(at, np.int64)])
            weights = beyond if weights is None else np.concatenate([weights, beyond])
        assert weights is not None
        tried = sorted(tries)
        size = self.optimization.objective.size
        return Way(
            self.run_id,
            iterations,
            weights,
            exact_to,
            every,
            lasting,
            np.stack([tries[one][0] for one in tried]) if tried else np.empty((0, size)),
            np.array(tried, dtype=np.int64),
            np.array([tries[one][1] for one in tried], dtype=bool),
            self.is_too_long,
        )


class Repeat:
    """The repeat of a run from a state: its weights at every `every`-th iteration, at most `most` of them.

    The first `count` of its `points` stay as they are while `every` does.
    """

    def __init__(self, optimization: Optimization, state: State, most: int) -> None:
        self._optimization, self._most = optimization, most
        self.state, self.every, self.count = state, 1, 0
        self._iterations = np.empty(4, np.int64)
        self._weights = np.empty((4, len(state.weights)), state.weights.dtype)
        self._put(state)
        self.tries: dict[int, tuple[Array, bool]] = {}
        self._first, self._cpu_s = state.iteration, 0.0

    @property
    def points(self) -> tuple[NDArray[np.int64], Array]:
        """The iterations (k,) and their weights (k, size), those of the state that was reached last; ours, not copies.

        The iterations are copied: they are told of elsewhere while the repeat goes on.
        """
        end = self.count
        if self._iterations[end - 1] != self.state.iteration:
            self._put(self.state)
            self.count, end = end, end + 1
        return self._iterations[:end].copy(), self._weights[:end]

    def _put(self, state: State) -> None:
        """Add a point; the room doubles when it is full."""
        if self.count == len(self._iterations):
            room = len(self._iterations)
            self._iterations = np.concatenate([self._iterations, np.empty(room, np.int64)])
            self._weights = np.concatenate([self._weights, np.empty_like(self._weights)])
        self._iterations[self.count], self._weights[self.count] = state.iteration, state.weights
        self.count += 1

    def on_to(self, stop: int, steps: tuple[tuple[int, float], ...], wanted: Callable[[], bool]) -> bool:
        """Go on to an iteration; False if the whole would take too long. Ends early when it is not wanted."""
        while (stop - self._first) // self.every > self._most:
            self._thin()
        trying = self._optimization.spec.strategy in TRYING
        started = time.thread_time()
        before = self._cpu_s

        def heartbeat() -> None:
            if not wanted():
                raise Unwanted
            if trying:
                self._try(dict(steps).get(self.state.iteration))

        try:
            for state in repeated(self._optimization, self.state, stop, steps, heartbeat, every=self.every):
                self.state = state
                if state.iteration % self.every == 0:
                    self._put(state)
                self._cpu_s = before + time.thread_time() - started
                done = state.iteration - self._first
                if self._cpu_s > JUDGED_CPU_S and self._cpu_s * (stop - self._first) / done > MOST_CPU_S:
                    return False
        except Unwanted:
            pass
        return True

    def _try(self, step_size: float | None) -> None:
        """Keep the proposal of the coming iteration: a search that has to beat no loss takes any."""
        state = self.state if step_size is None else optimize.with_step_size(self.state, step_size)
        if state.iteration % self.every or state.iteration in self.tries:
            return
        tried, block = self._optimization.advance(replace(state, best_loss=math.inf), 1)
        if len(block) and math.isfinite(float(block.loss[0])):
            self.tries[state.iteration] = tried.weights, float(block.loss[0]) < state.best_loss

    def _thin(self) -> None:
        self.every *= 2
        kept = np.flatnonzero(self._iterations[: self.count] % self.every == 0)
        kept = np.union1d(kept, [0])  # the first one is kept wherever it is
        self._iterations[: len(kept)], self._weights[: len(kept)] = self._iterations[kept], self._weights[kept]
        self.count = len(kept)
        self.tries = {at: one for at, one in self.tries.items() if at % self.every == 0}


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and float(text) > 0
    except ValueError:
        return False
