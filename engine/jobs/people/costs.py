"""Costs: how many losses an iteration of a run evaluates, told from the examples that it uses."""

from __future__ import annotations

from functools import lru_cache

from engine.jobs.people.batch_sizes import train_examples
from engine.spec import OBJECTIVES, STRATEGY_KINDS, RunSpec
from engine.store import Run


def losses_per_iteration(run: Run) -> int | None:
    """Return the losses that an iteration evaluates, one with its gradient counted once; None where that is unknown.

    1 before the run has begun.
    """
    return None if run.spec is None else _losses(run.spec, run.examples_per_iteration)


@lru_cache(maxsize=4096)
def _losses(spec: RunSpec, examples: int | None) -> int | None:
    """The examples of an iteration are those of a loss, times its losses.

    Those of a loss are the batch or, for the full batch, the train split. Where that is not at hand, as that of a file
    that is gone, a strategy whose losses do not depend on the weights tells.
    """
    if examples is None:
        return 1
    if not spec.has_data:
        return examples
    kind = spec.kind
    is_fixed = spec.strategy in STRATEGY_KINDS and kind.losses(1) == kind.losses(2)
    if is_fixed and spec.objective in OBJECTIVES:
        return kind.losses(1)
    each = spec.batch_size or train_examples(spec.dataset)
    return None if not each or examples % each else examples // each


def cost_words(run: Run) -> str:
    """What an iteration costs where that is several losses, such as 'of 3 losses over 768 examples'; else ''."""
    losses = losses_per_iteration(run)
    if losses is None or losses == 1 or run.spec is None:
        return ""
    examples = f" over {run.examples_per_iteration:,} examples" if run.spec.has_data else ""
    return f"of {losses:,} losses{examples}"
