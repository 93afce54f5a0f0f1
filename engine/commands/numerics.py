"""What the commands that ask the numerics share: an objective and weights from options, and errors in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.commands.options import field_option, people_errors
from engine.spec import FIELDS, DataError, RunSpec, SpecError, spec_from_fields
from engine.text import clean, counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.objective.objectives import Objective

Command = TypeVar("Command", bound=Callable[..., Any])

BUDGETS = frozenset({"iterations", "seconds", "patience", "pace", "metrics"})
"""Fields of a run that decide nothing about where its loss is looked at."""

ITERATIONS_AT_ONCE = 100


@contextmanager
def told() -> Iterator[None]:
    """Turn what is wrong into one sentence: wrong usage exits with 2, data that cannot be used with 1."""
    with people_errors():
        try:
            yield
        except SpecError:
            raise
        except ValueError as error:
            raise click.UsageError(clean(str(error))) from error


def place_options(examples: str) -> Callable[[Command], Command]:
    """The options that choose an objective, its examples and the weights to look from."""

    def decorate(command: Command) -> Command:
        for field in reversed([field for name, field in FIELDS.items() if name not in BUDGETS]):
            field_option(field)(command)
        click.option("--weights", metavar="FILE", help="Look from the weights in a .npy file, or from zeros, instead.")(
            command
        )
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


@dataclass(frozen=True, slots=True)
class LossPoint:
    """Where the loss is looked at: an objective in float64, the weights, the examples used (None: all of them)."""

    spec: RunSpec
    objective: Objective
    start: NDArray[np.float64]
    weights: NDArray[np.float64]
    rows: NDArray[np.intp] | None
    after: int

    @property
    def examples(self) -> int:
        """How many examples are used."""
        return len(self.objective) if self.rows is None else len(self.rows)

    def as_dict(self) -> dict[str, Any]:
        """The place as JSON has it: the fields of the run that apply, the iteration and the examples."""
        values = asdict(self.spec)
        fields = {k: v for k, v in values.items() if k not in BUDGETS and FIELDS[k].applies(values)}
        return {**fields, "after": self.after, "examples": self.examples, "weights": len(self.weights)}

    def sentence(self) -> str:
        """The place in a line for people."""
        lambda_ = f"{self.spec.regularization_strength:g}"
        return clean(
            f"{self.spec.objective}, {self.spec.dataset}, "
            f"{counted(self.examples, 'example')}, {counted(len(self.weights), 'weight')} "
            f"after {counted(self.after, 'iteration')}, lambda {lambda_}, seed {self.spec.seed}"
        )


def the_place(fields: dict[str, str | None], examples: str, after: int, weights: str | None) -> LossPoint:
    """The place that the options describe. Raises SpecError or ValueError that says what fits."""
    import numpy as np

    from engine.strategy import optimize, streams

    given = {name: text for name, text in fields.items() if text is not None}
    if not after and not given.get("batch_size"):
        given["batch_size"] = "full"  # no iteration is made: the batch cannot be too large
    spec = spec_from_fields(given).changed(iterations=max(after, 1))
    optimization = optimize.build(spec)
    state = optimization.start()
    start = state.weights
    if after:
        label = f"{spec.label}, {counted(after, 'iteration')}"
        with click.progressbar(length=after, label=label, file=sys.stderr) as bar:
            while state.iteration < after and not state.stop_reason:
                state, block = optimization.advance(state, ITERATIONS_AT_ONCE)
                bar.update(len(block))
    looked_at = optimize.exact_objective(spec)
    here = state.weights if weights is None else read_weights(weights, looked_at.size)
    count = _count(examples, len(looked_at))
    rows = None
    if count < len(looked_at):
        rows = np.sort(streams.stream(spec.seed, "examples").choice(len(looked_at), count, replace=False))
    return LossPoint(spec, looked_at, start.astype(np.float64), here.astype(np.float64), rows, state.iteration)


def read_weights(name: str, size: int) -> NDArray[Any]:
    """Weights of shape (size,) from a .npy file; `zeros` means zeros. Raises ValueError, DataError."""
    import numpy as np

    if name == "zeros":
        return np.zeros(size)
    if not Path(name).is_file():
        raise DataError(f"{name} is not there; expected a .npy file of {size:,} weights, or zeros")
    try:
        found = np.load(name, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
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
