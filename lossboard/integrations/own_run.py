"""Own run: what callbacks have in common: the run they log to, and how their classes are made when asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence

from lossboard.current import start
from lossboard.shim import plain, quiet
from lossboard.values import number

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

    from lossboard.run import Run

ACCURACIES = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy")


class OwnRun:
    """A part of callbacks: `run`, which is given, or begun on first use with the arguments of `lossboard.start`.

    The run ends with the program, with the next run, or by `run.finish()`: frameworks train, evaluate and train again.
    """

    def __init__(self, name: str | None = None, *, run: Run | None = None, **options: Any) -> None:
        super().__init__()
        self._run = run
        self._options = {"name": name, **options}

    @property
    def run(self) -> Run:
        """The run. Raises ValueError or TypeError for an argument of `lossboard.start` that does not fit."""
        if self._run is None:
            self._run = start(**self._options)
        return self._run

    def _begin(self, name: str | None = None) -> None:
        """Begin the run, under this name where none was given."""
        if self._run is None:
            self._run = start(**{**self._options, "name": self._options["name"] or name})

    @quiet
    def _configure(self, values: Mapping[str, Any]) -> None:
        """Add to the config; what the user has set stays."""
        config = self.run.config
        config.update({key: value for key, value in plain(values).items() if key not in config})

    @quiet
    def _evaluate(self, split: str, metrics: Mapping[str, Any], step: int | None) -> None:
        """Tell the loss over a whole split, and the accuracy (0 to 1) if there is one, from metrics by plain names."""
        shares = (number(metrics[name]) for name in ACCURACIES if name in metrics)
        accuracy = next((share for share in shares if 0 <= share <= 1), None)
        if "loss" in metrics:
            self.run.evaluate(split, loss=metrics["loss"], accuracy=accuracy, step=step)

    def __getstate__(self) -> dict[str, Any]:
        """Without the run: a copy in another process begins its own."""
        return {**self.__dict__, "_run": None}


def without_prefix(metrics: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The metrics whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in metrics.items() if name.startswith(prefix)}


def framework(*names: str) -> Any:
    """The first of some modules that is there, one that is loaded before others. Raises ImportError with a sentence."""
    for name in sorted(names, key=lambda each: each.partition(".")[0] not in sys.modules):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
    raise ImportError(f"this callback needs {names[0].partition('.')[0]}, which is not installed")


def lazily(home: dict[str, Any], makers: Mapping[str, Callable[[], Sequence[type]]]) -> Callable[[str], type]:
    """`__getattr__` of a module whose classes are made from the framework's on first use; a maker gives their bases."""

    def made(name: str) -> type:
        if name not in makers:
            raise AttributeError(f"module {home['__name__']!r} has no attribute {name!r}")
        bases = tuple(makers[name]())
        found = home[name] = type(name, bases, {"__module__": home["__name__"], "__doc__": bases[0].__doc__})
        return found

    return made
