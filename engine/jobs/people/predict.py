"""Predict: the classes and scores of new examples by the weights of a run."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets import own
from engine.jobs.people.kept_weights import kept_weights
from engine.objective.layout import Array
from engine.spec import is_path
from engine.spec.choices import OF_EXAMPLES
from engine.store import Refused
from engine.strategy import optimize


@dataclass(frozen=True, slots=True)
class Prediction:
    """Classes (n,) from 0 and scores (n, C) of n examples, by a run's weights after `iteration` iterations.

    `names` are what the run's data set calls its classes, in their order.
    """

    run_id: int
    iteration: int
    names: tuple[str, ...]
    classes: NDArray[np.intp]
    scores: Array


def predict(
    path: str | PathLike[str], run_id: int, file: str | PathLike[str], iteration: int | None = None
) -> Prediction:
    """Predict the classes of the examples of a file: those with the highest score.

    The examples are treated as those of the run were: its mean is subtracted, its features are standardized. Raises
    StoreError (Refused without stored weights, or where the run's data have changed), SpecError, and DataError where
    the file does not fit.
    """
    kept = kept_weights(path, run_id, iteration)
    if kept.spec.objective not in OF_EXAMPLES:
        raise Refused(
            f"Run {run_id} minimises {kept.spec.objective}, which gives no class a score: nothing to predict."
        )
    objective = optimize.exact_objective(kept.spec)
    train = objective.split
    features = own.new_examples(Path(file), train.dimensions - train.bias)
    scores = objective.scores(kept.result.astype(np.float64), train.like(features).X)
    count = scores.shape[1]
    names = own.class_names(Path(kept.spec.dataset)) if is_path(kept.spec.dataset) else ()
    numbers = tuple(map(str, range(count)))
    return Prediction(run_id, kept.iteration, names or numbers, scores.argmax(axis=1), scores)
