"""The strategies by name: BUILDERS make one from a spec and its objective.

A strategy does not change the state that it is given, and its results do not depend on the cuts between blocks:
chunked equals whole, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Protocol

from engine.objective.objectives import Objective
from engine.own_code.loading import load, unfit
from engine.spec import RunSpec
from engine.strategy.batches import ORDERS, Order
from engine.strategy.descent import GradientDescent
from engine.strategy.line_descent import LBFGS, ConjugateGradient, LineDescent
from engine.strategy.newton import Newton
from engine.strategy.numerics.averaging import Averaging
from engine.strategy.numerics.differences import numerical_passing
from engine.strategy.schedules import Decay, schedule
from engine.strategy.search import LocalSearch, RandomSearch
from engine.strategy.spsa import SPSA
from engine.strategy.updates import UPDATES, Rates, Update
from engine.strategy.walks import CMAES, EvolutionStrategy, SimulatedAnnealing
from engine.trace.block import Block
from engine.trace.state import State


class Strategy(Protocol):
    """Makes the first state of a run and advances a state."""

    def start(self) -> State:
        """Return the state before iteration 0."""

    def advance(self, state: State, k: int) -> tuple[State, Block]:
        """Return the state and the block after at most k iterations; fewer if the run stops."""


def update_of(spec: RunSpec) -> Update:
    """Return a spec's update.

    One of your own is an Update, or a function like its `bind`, whose attribute `buffers` names the arrays that it
    carries along. Raises SpecError for anything else.
    """
    if spec.update in UPDATES:
        return UPDATES[spec.update]
    found = load(spec, "update")
    if isinstance(found, Update):
        return found
    if not callable(found):
        raise unfit(spec, "update", f"it is no update but {type(found).__name__}")
    return Update(tuple(map(str, getattr(found, "buffers", ()))), found)


def _random_search(spec: RunSpec, objective: Objective) -> Strategy:
    return RandomSearch(objective, spec.initial_scale, spec.seed, spec.metrics)


def _local_search(spec: RunSpec, objective: Objective) -> Strategy:
    return LocalSearch(objective, spec.step_size, spec.initial_scale, spec.seed, spec.metrics)


def _order(spec: RunSpec, objective: Objective) -> Order | None:
    return None if spec.batch_size is None else ORDERS[spec.sampling](len(objective), spec.batch_size, spec.seed)


def _gradient_descent(spec: RunSpec, objective: Objective) -> GradientDescent:
    horizon = max(1, (spec.iterations or 1) - spec.warm_up)
    decay = Decay(
        spec.decay_factor, spec.decay_every, spec.decay_rate, horizon,
        spec.period, spec.period_factor, spec.lowest_share,
    )  # fmt: skip
    decays = {"ema": spec.average_decay, "polyak": None}
    return GradientDescent(
        objective,
        _order(spec, objective),
        update=update_of(spec),
        rates=Rates(**{rate.name: getattr(spec, rate.name) for rate in fields(Rates)}),
        schedule=schedule(spec.schedule, decay, spec.warm_up),
        step_size=spec.step_size,
        initial_scale=spec.initial_scale,
        divergence_factor=spec.divergence_factor,
        seed=spec.seed,
        metrics=spec.metrics,
        clip_norm=spec.clip_norm,
        averaging=Averaging(decays[spec.averaging]) if spec.averaging in decays else None,
    )


def _numerical_gradient(spec: RunSpec, objective: Objective) -> Strategy:
    return replace(_gradient_descent(spec, objective), passing=numerical_passing(spec.difference))


def _l_bfgs(spec: RunSpec, objective: Objective) -> Strategy:
    return LineDescent(objective, LBFGS(spec.memory), spec.initial_scale, spec.seed, spec.metrics)


def _conjugate_gradient(spec: RunSpec, objective: Objective) -> Strategy:
    return LineDescent(objective, ConjugateGradient(), spec.initial_scale, spec.seed, spec.metrics)


def _newton(spec: RunSpec, objective: Objective) -> Strategy:
    return Newton(objective, spec.initial_scale, spec.seed, spec.metrics)


def _simulated_annealing(spec: RunSpec, objective: Objective) -> Strategy:
    return SimulatedAnnealing(
        objective, spec.step_size, spec.temperature, spec.cooling, spec.initial_scale, spec.seed, spec.metrics
    )


def _evolution_strategy(spec: RunSpec, objective: Objective) -> Strategy:
    return EvolutionStrategy(objective, spec.step_size, spec.initial_scale, spec.seed, spec.metrics)


def _spsa(spec: RunSpec, objective: Objective) -> Strategy:
    return SPSA(
        objective,
        _order(spec, objective),
        step_size=spec.step_size,
        perturbation=spec.perturbation,
        stability=0.1 * (spec.iterations or 0),
        initial_scale=spec.initial_scale,
        divergence_factor=spec.divergence_factor,
        seed=spec.seed,
        metrics=spec.metrics,
    )


def _cma_es(spec: RunSpec, objective: Objective) -> Strategy:
    return CMAES(objective, spec.step_size, spec.population, spec.initial_scale, spec.seed, spec.metrics)


BUILDERS: dict[str, Callable[[RunSpec, Objective], Strategy]] = {
    "random-search": _random_search,
    "local-search": _local_search,
    "gradient-descent": _gradient_descent,
    "numerical-gradient": _numerical_gradient,
    "l-bfgs": _l_bfgs,
    "conjugate-gradient": _conjugate_gradient,
    "newton": _newton,
    "simulated-annealing": _simulated_annealing,
    "evolution-strategy": _evolution_strategy,
    "spsa": _spsa,
    "cma-es": _cma_es,
}


def strategy(spec: RunSpec, objective: Objective) -> Strategy:
    """Return a spec's strategy.

    One of your own is a function of a spec and its objective to something with `start` and `advance`. Raises SpecError
    for anything else, and for what cannot be loaded.
    """
    if spec.strategy in BUILDERS:
        return BUILDERS[spec.strategy](spec, objective)
    make = load(spec, "strategy")
    if not callable(make):
        raise unfit(spec, "strategy", f"it is no function but {type(make).__name__}")
    made: Strategy = make(spec, objective)
    if not (callable(getattr(made, "start", None)) and callable(getattr(made, "advance", None))):
        raise unfit(spec, "strategy", f"it made {type(made).__name__}, which lacks start() or advance(state, k)")
    return made
