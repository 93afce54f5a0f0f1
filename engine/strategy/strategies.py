"""The strategies by name: BUILDERS make one from a spec and its objective.

A strategy does not change the state that it is given, and its results do not depend on the cuts between blocks:
chunked equals whole, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Protocol

from engine.objective.objectives import Objective
from engine.spec import RunSpec
from engine.strategy.batches import ORDERS
from engine.strategy.descent import GradientDescent
from engine.strategy.schedules import Decay, schedule
from engine.strategy.search import LocalSearch, RandomSearch
from engine.strategy.updates import UPDATES, Rates
from engine.trace.block import Block
from engine.trace.state import State


class Strategy(Protocol):
    """Makes the first state of a run and advances a state."""

    def start(self) -> State:
        """Return the state before iteration 0."""

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """Return the state and the block after at most k iterations; fewer if the run stops."""


def _random_search(spec: RunSpec, objective: Objective) -> Strategy:
    return RandomSearch(objective, spec.initial_scale, spec.seed, spec.metrics)


def _local_search(spec: RunSpec, objective: Objective) -> Strategy:
    return LocalSearch(objective, spec.step_size, spec.initial_scale, spec.seed, spec.metrics)


def _gradient_descent(spec: RunSpec, objective: Objective) -> Strategy:
    order = None if spec.batch_size is None else ORDERS[spec.sampling](len(objective), spec.batch_size, spec.seed)
    horizon = max(1, (spec.iterations or 1) - spec.warm_up)
    decay = Decay(
        spec.decay_factor, spec.decay_every, spec.decay_rate, horizon,
        spec.period, spec.period_factor, spec.lowest_share,
    )  # fmt: skip
    return GradientDescent(
        objective,
        order,
        update=UPDATES[spec.update],
        rates=Rates(**{rate.name: getattr(spec, rate.name) for rate in fields(Rates)}),
        schedule=schedule(spec.schedule, decay, spec.warm_up),
        step_size=spec.step_size,
        initial_scale=spec.initial_scale,
        divergence_factor=spec.divergence_factor,
        seed=spec.seed,
        metrics=spec.metrics,
        clip_norm=spec.clip_norm,
    )


BUILDERS: dict[str, Callable[[RunSpec, Objective], Strategy]] = {
    "random-search": _random_search,
    "local-search": _local_search,
    "gradient-descent": _gradient_descent,
}
