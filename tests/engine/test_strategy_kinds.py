"""One table says what a strategy is: whoever adds one is told here what was forgotten."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from engine.spec import FIELDS, STRATEGIES, STRATEGY_KINDS, defaults, label
from engine.spec.fields import RATES
from engine.spec.strategy_kinds import BATCHING, GRADIENT, STEPPING, StrategyKind
from engine.strategy import optimize
from engine.strategy.strategies import BUILDERS
from engine.strategy.updates import Rates

ROOT = Path(__file__).parents[2]


def compared_by_name(source: str) -> list[int]:
    """The lines in which something is compared with the name of a strategy."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and part.value in STRATEGIES
    ]


def test_every_strategy_can_be_built() -> None:
    assert tuple(BUILDERS) == STRATEGIES


@pytest.mark.parametrize("kind", STRATEGY_KINDS.values(), ids=lambda kind: kind.name)
def test_a_strategy_is_what_its_kind_says(kind: StrategyKind) -> None:
    spec = defaults(kind.name).changed(dataset="three-points", batch_size=None, iterations=20)
    run = optimize.build(spec)
    state, block = run.advance(run.start(), 20)
    assert spec.kind is kind
    assert FIELDS["step_size"].applies({"strategy": kind.name}) is kind.steps
    if kind.searches:
        assert state.best_loss == block.loss.min()
        assert run.evaluate(state.weights, "train")[0] == pytest.approx(state.best_loss, rel=1e-5)
    else:
        assert block.gradient_norm is not None


def test_the_groups_of_strategies_come_from_their_kinds() -> None:
    known = {"random-search", "local-search", "gradient-descent", "l-bfgs", "spsa"}
    assert GRADIENT & known == {"gradient-descent"}
    assert BATCHING & known == {"gradient-descent", "spsa"}
    assert STEPPING & known == {"local-search", "gradient-descent", "spsa"}


def test_every_strategy_stands_in_the_readme() -> None:
    row = next(line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `--strategy`"))
    assert all(f"`{name}`" in row for name in STRATEGIES)


def test_a_strategy_of_another_version_has_a_label() -> None:
    assert label("particle-swarm", "vanilla", 5) == "particle swarm"


def test_a_strategy_is_called_by_its_update_and_its_batch_where_it_has_them() -> None:
    assert label("numerical-gradient", "vanilla", None) == "numerical full"
    assert label("numerical-gradient", "adam", 32) == "numerical adam b32"
    assert (label("spsa", "adam", 32), label("l-bfgs", "adam", 32)) == ("SPSA b32", "L-BFGS")


def test_nothing_asks_for_a_strategy_by_name() -> None:
    for package in ("engine", "tui", "lossboard"):
        for path in (ROOT / package).rglob("*.py"):
            source = path.read_text()
            assert not any(name in source for name in STRATEGIES) or not compared_by_name(source), path
    assert compared_by_name('if spec.strategy != "gradient-descent": pass') == [1]
    assert compared_by_name('if spec.strategy in ("local-search",): pass') == [1]


def test_every_rate_of_an_update_is_a_field() -> None:
    assert {rate.name for rate in fields(Rates)} == set(RATES)
