"""STRATEGY_KINDS: the properties of each strategy, in one table; `engine.strategy.strategies` builds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.spec.own_names import OWN, short_name


def _one(weights: int) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """The properties of a strategy that fields, charts and the store depend on.

    `searches`: it proposes weights and keeps the best, each loss over the whole train split; the others follow the
    gradient. `steps`: it uses the step size. `batches`: it may use mini-batches. `updates`: it makes parameter updates
    under a schedule, and is named after its `prefix` and the update. `measures_steps`: it finds its steps itself, and
    records them. `float64`: it compares losses that differ in their eighth digit. `losses`: how many losses, or losses
    with their gradients where it `uses_gradients`, an iteration computes for a number of weights. `most_weights`: the
    most that it takes. `defaults` are the values of its default spec that differ from RunSpec's, chosen for digits. The
    filter also accepts `aliases`.
    """

    name: str
    label: str
    searches: bool = False
    steps: bool = True
    batches: bool = False
    updates: bool = False
    prefix: str = ""
    measures_steps: bool = False
    float64: bool = False
    losses: Callable[[int], int] = _one
    uses_gradients: bool = True
    most_weights: int | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def is_costly(self) -> bool:
        """Whether an iteration computes several losses."""
        return self.losses(2) > 1


ALL_EXAMPLES: dict[str, Any] = {"batch_size": None}
NEARBY = ALL_EXAMPLES | {"step_size": 0.03, "initial_scale": 0.001}
"""Defaults of what compares losses over the whole split, and of the searches that propose weights near the best."""

STRATEGY_KINDS: dict[str, StrategyKind] = {
    kind.name: kind
    for kind in (
        StrategyKind(
            "random-search", "random search", searches=True, steps=False, defaults=ALL_EXAMPLES | {"initial_scale": 0.1}
        ),
        StrategyKind("local-search", "local search", searches=True, defaults=NEARBY, aliases=("random-local-search",)),
        StrategyKind(
            "gradient-descent", "gradient descent", batches=True, updates=True, aliases=("sgd", "gd", "descent")
        ),
        StrategyKind(
            "numerical-gradient",
            "numerical gradient",
            batches=True,
            updates=True,
            prefix="numerical",
            float64=True,
            losses=lambda weights: 2 * weights + 1,
            uses_gradients=False,
            most_weights=5_000,
            aliases=("numerical-descent",),
        ),
        StrategyKind(
            "l-bfgs",
            "L-BFGS",
            steps=False,
            measures_steps=True,
            float64=True,
            defaults=ALL_EXAMPLES,
            aliases=("lbfgs", "bfgs", "quasi-newton"),
        ),
        StrategyKind(
            "conjugate-gradient",
            "conjugate gradient",
            steps=False,
            measures_steps=True,
            float64=True,
            defaults=ALL_EXAMPLES,
            aliases=("cg",),
        ),
        StrategyKind(
            "newton",
            "Newton",
            steps=False,
            measures_steps=True,
            float64=True,
            losses=lambda weights: 2 * weights + 1,
            most_weights=1_000,
            defaults=ALL_EXAMPLES | {"iterations": 100},
        ),
        StrategyKind(
            "simulated-annealing", "simulated annealing", searches=True, defaults=NEARBY, aliases=("annealing",)
        ),
        StrategyKind(
            "evolution-strategy",
            "(1+1)-ES",
            searches=True,
            measures_steps=True,
            defaults=NEARBY,
            aliases=("es", "(1+1)-es", "1+1-es"),
        ),
        StrategyKind(
            "spsa",
            "SPSA",
            batches=True,
            losses=lambda weights: 3,
            uses_gradients=False,
            defaults={"step_size": 0.003},
            aliases=("simultaneous-perturbation",),
        ),
        StrategyKind(
            "cma-es",
            "CMA-ES",
            searches=True,
            measures_steps=True,
            float64=True,
            most_weights=1_000,
            defaults=NEARBY,
            aliases=("cma",),
        ),
    )
}

STRATEGIES = tuple(STRATEGY_KINDS)
GRADIENT = frozenset(kind.name for kind in STRATEGY_KINDS.values() if kind.updates)
DIVERGING = frozenset(kind.name for kind in STRATEGY_KINDS.values() if kind.steps and not kind.searches)
STEPPING = frozenset(kind.name for kind in STRATEGY_KINDS.values() if kind.steps) | {OWN}
BATCHING = frozenset(kind.name for kind in STRATEGY_KINDS.values() if kind.batches) | {OWN}


def kind_of(strategy: str) -> StrategyKind:
    """Return the kind of a strategy; one of your own may use a step size and mini-batches."""
    known = STRATEGY_KINDS.get(strategy)
    return known or StrategyKind(strategy, short_name(strategy), batches=True)
