"""Mistakes of a run: what its weights take for what in a split, and the examples that are most wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from engine.analysis.mistakes import Mistakes, mistakes, scored
from engine.datasets import own
from engine.jobs.inspection.weights import Follower, StateAt, states
from engine.objective.layout import Array
from engine.spec import is_path, short_name
from engine.spec.choices import OF_EXAMPLES
from engine.store import Refused


@dataclass(frozen=True, slots=True, eq=False)
class RunMistakes:
    """The mistakes of a run's weights after `iteration` iterations in a split; `is_exact` as in StateAt.

    `names` are what the data set calls its classes. `pictures` (k, height, width) are the worst examples as grey
    images, `features` (k, D) their features without the bias; pictures are None if the features are not pixels.
    """

    run_id: int
    iteration: int
    is_exact: bool
    split: str
    names: tuple[str, ...]
    found: Mistakes
    features: Array
    pictures: Array | None


def run_mistakes(
    path: str | PathLike[str],
    wanted: Callable[[], bool],
    run_id: int,
    iteration: int | None,
    split: str,
    live: Follower | None = None,
) -> Iterator[RunMistakes]:
    """Yield the mistakes at the newest checkpoint before an iteration, then at that iteration: see `states`.

    Raises as `states` does, and Refused for an objective without classes or a split that the data set has not.
    """
    for at in states(path, wanted, run_id, iteration, live):
        found = _mistakes(at, wanted, split)
        if found is None:
            return
        yield found


def _mistakes(at: StateAt, wanted: Callable[[], bool], split: str) -> RunMistakes | None:
    spec, optimization = at.optimization.spec, at.optimization
    if spec.objective not in OF_EXAMPLES:
        raise Refused(
            f"Run {at.run_id} minimises {short_name(spec.objective)}, which gives no class a score: "
            f"it makes no mistakes."
        )
    if split not in optimization.objectives:
        raise Refused(f"{spec.dataset} has no {split} split; it has {', '.join(optimization.objectives)}.")
    objective = optimization.objectives[split]
    scores = []
    for _, part in scored(objective, at.weights):
        if not wanted():
            return None
        scores.append(part)
    found = mistakes(objective, np.concatenate(scores))
    rows = np.array([example.row for example in found.worst], dtype=np.intp)
    features = objective.split.batch(rows)[:, : objective.split.dimensions - objective.split.bias]
    image = optimization.dataset.image
    names = own.class_names(Path(spec.dataset)) if is_path(spec.dataset) else ()
    return RunMistakes(
        at.run_id,
        at.iteration,
        at.is_exact,
        split,
        names or tuple(map(str, range(objective.classes))),
        found,
        features,
        None if image is None else image.grey(features),
    )
