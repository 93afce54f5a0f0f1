"""STRATEGY_KINDS: the properties of each strategy, in one table; `engine.strategy.strategies` builds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """The properties of a strategy that fields, charts and the store depend on.

    `searches`: it proposes weights and keeps the best, each loss over the whole train split; the others follow the
    gradient. `steps`: it uses the step size. `batches`: it may use mini-batches. `defaults` are the values of its
    default spec that differ from RunSpec's, chosen for digits. The filter also accepts `aliases`.
    """

    name: str
    label: str
    searches: bool
    steps: bool
    batches: bool
    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


STRATEGY_KINDS: dict[str, StrategyKind] = {
    kind.name: kind
    for kind in (
        StrategyKind(
            "random-search",
            "random search",
            searches=True,
            steps=False,
            batches=False,
            defaults={"initial_scale": 0.1, "batch_size": None},
        ),
        StrategyKind(
            "local-search",
            "local search",
            searches=True,
            steps=True,
            batches=False,
            defaults={"step_size": 0.03, "initial_scale": 0.001, "batch_size": None},
            aliases=("random-local-search",),
        ),
        StrategyKind(
            "gradient-descent",
            "gradient descent",
            searches=False,
            steps=True,
            batches=True,
            aliases=("sgd", "gd", "descent"),
        ),
    )
}

STRATEGIES = tuple(STRATEGY_KINDS)
GRADIENT = frozenset(kind.name for kind in STRATEGY_KINDS.values() if not kind.searches)
STEPPING = frozenset(kind.name for kind in STRATEGY_KINDS.values() if kind.steps)
BATCHING = frozenset(kind.name for kind in STRATEGY_KINDS.values() if kind.batches)
