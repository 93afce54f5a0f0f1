"""Numerics: shared by the commands that compute losses: an objective and weights from options, and error reports."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.commands.options import field_option, given_spec, people_errors
from engine.commands.typed.values import RUN
from engine.spec import FIELDS, DataError, RunSpec, SpecError, short_name
from engine.text import clean, counted, setting_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.objective.objectives import Objective

Command = TypeVar("Command", bound=Callable[..., Any])

BUDGETS = frozenset({"iterations", "seconds", "patience", "pace", "metrics", "code"})
"""Fields of a run that do not affect at which point its loss is computed."""

ITERATIONS_AT_ONCE = 100


@contextmanager
def numerics_errors() -> Iterator[None]:
    """Turn errors into one sentence: exit code 2 for wrong usage, 1 for unusable data or a store's error."""
    with people_errors():
        try:
            yield
        except SpecError:
            raise
        except ValueError as error:
            raise click.UsageError(clean(str(error))) from error


def loss_point_options(examples: str) -> Callable[[Command], Command]:
    """A decorator that adds the options for an objective, its examples (default `examples`) and the weights."""

    def decorate(command: Command) -> Command:
        for field in reversed([field for name, field in FIELDS.items() if name not in BUDGETS]):
            field_option(field)(command)
        click.option(
            "--weights",
            metavar="FILE",
            help="Look from the weights in a .npy file, the .npz of the command weights, or zeros, instead.",
        )(command)
        click.option(
            "--after",
            metavar="N",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Look from the weights after so many iterations of the run that the options describe.",
        )(command)
        click.option(
            "--examples",
            default=examples,
            show_default=True,
            metavar="N",
            help="How many training examples to use: a number, drawn from the seed, or all.",
        )(command)
        return command

    return decorate


def of_run_options(command: Command) -> Command:
    """A decorator that adds the argument RUN, which may be left out, and the option --at; `point_of` takes both."""
    option = click.option(
        "--at",
        metavar="ITERATION",
        type=click.IntRange(min=0),
        help="With RUN: its weights kept at or before this iteration; by default the newest.",
    )
    return click.argument("run_id", metavar="[RUN]", type=RUN, required=False)(option(command))


@dataclass(frozen=True, slots=True)
class LossPoint:
    """A point at which to compute losses: objective (float64), initial and current weights (size,), and the indices of
    the examples used (`rows`; None: all). `after` is the iterations done to get there, by `run_id` if not None."""

    spec: RunSpec
    objective: Objective
    start: NDArray[np.float64]
    weights: NDArray[np.float64]
    rows: NDArray[np.intp] | None
    after: int
    run_id: int | None = None

    @property
    def examples(self) -> int:
        """Number of examples used."""
        return len(self.objective) if self.rows is None else len(self.rows)

    def as_dict(self) -> dict[str, Any]:
        """The point for a JSON object: fields of the run that apply, iterations, numbers of examples and weights."""
        values = asdict(self.spec)
        fields = {k: v for k, v in values.items() if k not in BUDGETS and FIELDS[k].applies(values)}
        examples = {"examples": self.examples} if self.spec.has_data else {}
        run = {} if self.run_id is None else {"run_id": self.run_id}
        return {**run, **fields, "after": self.after, **examples, "weights": len(self.weights)}

    def sentence(self) -> str:
        """The point in one cleaned line."""
        spec, weights = self.spec, counted(len(self.weights), "weight")
        where = f"{weights} after {counted(self.after, 'iteration')}"
        run = "" if self.run_id is None else f"run {self.run_id}, "
        if not spec.has_data:
            return clean(f"{run}{short_name(spec.objective)}, {where}, seed {spec.seed}")
        lambda_ = (
            f", lambda {setting_text(spec.regularization_strength)}" if spec.decides("regularization_strength") else ""
        )
        of = f"{run}{short_name(spec.objective)}, {spec.dataset}"
        return clean(f"{of}, {counted(self.examples, 'example')}, {where}{lambda_}, seed {spec.seed}")


def loss_point(fields: dict[str, str | None], examples: str, after: int, weights: str | None) -> LossPoint:
    """The point that the options describe; runs `after` iterations first, with a progress bar on stderr.

    Raises SpecError, DataError or ValueError, whose message says what is valid.
    """
    import numpy as np

    from engine.strategy import optimize

    if not after and not fields.get("batch_size"):
        fields = {**fields, "batch_size": "full"}  # no iteration is run: avoids the check of the batch size
    spec = given_spec(fields).changed(iterations=max(after, 1))
    optimization = optimize.build(spec)
    state = optimization.start()
    start = state.weights
    if after:
        label = f"{spec.label}, {counted(after, 'iteration')}"
        with click.progressbar(length=after, label=label, file=sys.stderr) as bar:
            while state.iteration < after and not state.stop_reason:
                state, block = optimization.advance(state, ITERATIONS_AT_ONCE)
                bar.update(len(block))
    objective = optimize.exact_objective(spec)
    current = state.weights if weights is None else read_weights(weights, objective.size)
    rows = _rows(spec, objective, examples)
    return LossPoint(spec, objective, start.astype(np.float64), current.astype(np.float64), rows, state.iteration)


def check_is_one(run_id: int | None, at: int | None, *described: str | int | None) -> None:
    """Raise ValueError where both a run and, as far as they are given, options that describe one are there."""
    if run_id is None and at is not None:
        raise ValueError("--at needs a RUN; --after looks from a run that the options describe")
    if run_id is not None and any(described):
        raise ValueError(f"run {run_id} has its own settings and weights: give no options that describe a run")


def point_of(
    db: str, /, run_id: int | None, at: int | None, examples: str, after: int, weights: str | None, **fields: str | None
) -> LossPoint:
    """The point of a run's kept weights at or before an iteration; without a run, the one that the options describe.

    Raises StoreError, SpecError, DataError or ValueError, whose message says what is valid.
    """
    check_is_one(run_id, at, after, weights, *(text is not None for text in fields.values()))
    if run_id is None:
        return loss_point(fields, examples, after, weights)
    import numpy as np

    from engine.jobs.people.kept_weights import kept_weights
    from engine.strategy import optimize

    kept = kept_weights(db, run_id, at)
    objective, start = optimize.exact_objective(kept.spec), optimize.build(kept.spec).start().weights
    rows = _rows(kept.spec, objective, examples)
    point = (kept.spec, objective, start.astype(np.float64), kept.weights.astype(np.float64), rows, kept.iteration)
    return LossPoint(*point, run_id=run_id)


def _rows(spec: RunSpec, objective: Objective, examples: str) -> NDArray[np.intp] | None:
    from engine.strategy import streams

    count = _count(examples, len(objective)) if spec.has_data else len(objective)
    return streams.drawn(spec.seed, "examples", count, len(objective))


def read_weights(name: str, size: int) -> NDArray[Any]:
    """Weights of shape (size,) from a .npy file or a .npz with `weights`, or zeros for the name `zeros`.

    Raises DataError if they do not fit.
    """
    import numpy as np

    if name == "zeros":
        return np.zeros(size)
    if not Path(name).is_file():
        raise DataError(f"{name} is not there; expected a .npy file of {size:,} weights, or zeros")
    try:
        found = np.load(name, allow_pickle=False)
        if isinstance(found, np.lib.npyio.NpzFile):
            with found:
                found = found["weights"]
    except (OSError, KeyError, zipfile.BadZipFile, ValueError, EOFError, MemoryError) as error:
        raise DataError(f"{name} cannot be read: {error}; expected a .npy file of {size:,} weights") from None
    if not isinstance(found, np.ndarray) or found.shape != (size,) or found.dtype.kind != "f":
        raise DataError(f"{name} does not fit; expected a .npy file of numbers of shape ({size},)")
    return found


def _count(text: str, most: int) -> int:
    if text.strip().lower() in ("all", "full"):
        return most
    try:
        count = int(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise ValueError(f"examples: {text[:40]!a} is not a number; write it like 1000, or all") from None
    if count < 1:
        raise ValueError(f"examples: must be at least 1, not {count}")
    return min(count, most)
