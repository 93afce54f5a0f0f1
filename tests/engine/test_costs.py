"""Costs: the losses of an iteration that a store tells are those that its run evaluates, or they are unknown."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.jobs.people.costs import cost_words, losses_per_iteration
from engine.spec import NO_DATA, RunSpec, defaults
from engine.store import Run, open_for_reading, open_for_writing
from engine.strategy import optimize
from tests.stores import block_of, claimed_writer


def begun(folder: Path, spec: RunSpec, examples: int | None) -> Run:
    """A run as the store gives it, with the examples of an iteration."""
    with open_for_writing(folder / "runs.db") as store:
        writer = claimed_writer(store, spec)
        writer.begin("{}", examples_per_iteration=examples)
        writer.write(block_of([1.0]))
    with closing(open_for_reading(folder / "runs.db")) as reader:
        return reader.the_run(writer.claim.run_id)


@pytest.mark.parametrize(
    ("strategy", "changes", "losses"),
    [
        ("gradient-descent", {}, 1),
        ("gradient-descent", {"batch_size": None}, 1),
        ("l-bfgs", {}, 1),
        ("cma-es", {"dataset": "spiral"}, 1),
        ("spsa", {}, 3),
        ("spsa", {"batch_size": None}, 3),
        ("numerical-gradient", {"batch_size": 7}, 2 * 650 + 1),
        ("numerical-gradient", {"batch_size": None}, 2 * 650 + 1),
        ("newton", {"dataset": "spiral"}, 2 * 9 + 1),
        ("newton", {"objective": "rosenbrock", "dataset": NO_DATA}, 2 * 2 + 1),
    ],
)
def test_they_follow_from_the_examples(tmp_path: Path, strategy: str, changes: dict[str, Any], losses: int) -> None:
    spec = defaults(strategy).changed(**changes)
    run = begun(tmp_path, spec, optimize.build(spec).examples_per_iteration)
    assert losses_per_iteration(run) == losses
    assert cost_words(run).startswith(f"of {losses:,} losses" if losses > 1 else "")


def test_of_a_full_batch_of_a_file_that_is_gone_they_are_told_or_unknown(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.npz")
    known = begun(tmp_path, defaults("spsa").changed(dataset=gone, batch_size=None), 3 * 26)
    unknown = begun(tmp_path, defaults("newton").changed(dataset=gone), 19 * 26)
    batches = begun(tmp_path, defaults("numerical-gradient").changed(dataset=gone, batch_size=4), 19 * 4)
    assert [losses_per_iteration(run) for run in (known, unknown, batches)] == [3, None, 19]
    assert cost_words(unknown) == ""


def test_a_run_counts_as_many_as_its_objective_was_asked_for() -> None:
    """The table of strategies is held to what they do; Newton's is the most that it does."""
    asked: list[int] = []

    class Bowl:
        size = 4

        def loss(self, weights: Any) -> float:
            asked.append(1)
            return float(weights @ weights)

        def loss_and_gradient(self, weights: Any) -> tuple[float, Any]:
            asked.append(1)
            return float(weights @ weights), 2 * weights

    for strategy in ("gradient-descent", "spsa", "numerical-gradient", "l-bfgs", "conjugate-gradient", "cma-es"):
        run = optimize.build(defaults(strategy).changed(step_size=0.01), Bowl(), start=np.arange(1.0, 5.0))
        state = run.start()
        asked.clear()
        _, block = run.advance(state, 1)
        assert len(asked) == run.examples_per_iteration * len(block), strategy
