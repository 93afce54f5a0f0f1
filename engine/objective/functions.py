"""Functions as objectives: whatever has a loss and a gradient at flat weights, in the form that strategies take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.datasets import Split
from engine.objective.known_functions import KNOWN_FUNCTIONS, weights_of
from engine.objective.layout import Array, Layout
from engine.objective.losses import CrossEntropy
from engine.objective.objectives import Loss, Objective
from engine.objective.passes import CorrectIndex, Pass, Rows

Floats = NDArray[np.float64]
Value = Callable[[Floats, Rows], float]
"""The loss at weights (size,) over the chosen examples; the weights are read-only."""
ValueAndSlope = Callable[[Floats, Rows, Floats], float]
"""The same, and it writes the gradient (size,) into its third argument."""

NO_EXAMPLES = Split(np.zeros((1, 0), np.float32), np.zeros(1, np.intp), bias=False)
"""What stands in for the examples of a function that has none: one, so that an iteration is one loss."""


class FlatLayout(Layout):
    """Weights in one row, without padding."""

    def __init__(self, size: int) -> None:
        super().__init__([(1, size)], [0])
        self.padded_size = size

    def matrices(self, padded: Array) -> tuple[Array, ...]:
        """Return the weights (..., size) as one matrix (..., 1, size)."""
        return (padded.reshape(*padded.shape[:-1], 1, self.size),)


class FunctionObjective(Objective):
    """A function of `size` weights, or of weights and examples, as an objective in float64.

    Its loss is what the function returns: nothing is added for regularization. It has no scores and no accuracy, which
    is NaN. The first weights are `start` (size,), or small normal ones where there is none. `has_gradient` tells at
    some weights whether the gradient is the function's own, not one of differences.
    """

    def __init__(
        self,
        value: Value,
        value_and_slope: ValueAndSlope,
        size: int,
        start: Floats | None = None,
        split: Split = NO_EXAMPLES,
        has_gradient: Callable[[Floats], bool] = lambda weights: True,
    ) -> None:
        if size < 1:
            raise ValueError(f"size: {size} was given; a function needs at least 1 weight")
        if start is not None and start.shape != (size,):
            raise ValueError(f"the start has shape {start.shape}; {size} weights need ({size},)")
        self.split, self.classes, self.network = split, 0, None
        self.data_loss = CrossEntropy()
        self.dtype = np.dtype(np.float64)
        self.layout = FlatLayout(size)
        self.regularization_strength = 0.0
        self.penalty = np.zeros(size)
        self.start = start
        self._value, self._value_and_slope = value, value_and_slope
        self._has_gradient = has_gradient
        self._passes = {}

    def losses_per_gradient(self, weights: Array) -> int:
        """Return how many losses a gradient takes: 1, or 2 for each weight and one more where it is of differences."""
        return 1 if self._has_gradient(weights) else 2 * self.size + 1

    @property
    def linear(self) -> bool:
        """False: there are no scores."""
        return False

    def initial_weights(self, generator: np.random.Generator, scale: float) -> Array:
        """Return the start, or draw normal weights (size,) of standard deviation `scale`."""
        drawn = super().initial_weights(generator, scale)
        return drawn if self.start is None else self.start.copy()

    def as_start(self, draws: Array, scale: float) -> Array:
        """Make standard normal draws (count, size) into weights around the start, in place."""
        draws *= scale
        if self.start is not None:
            draws += self.start
        return draws

    def correct_index(self, y: NDArray[np.intp]) -> CorrectIndex:
        """Return the classes as they are: a function is given them with its examples."""
        return y

    def scores(self, weights: Array, X: Array) -> Array:
        """Raise ValueError: a function has none."""
        raise ValueError("a function has no class scores")

    def data_gradient(self, weights: Array, rows: Rows = None) -> Array:
        """Raise ValueError: the gradient of a function is that of its weights."""
        raise ValueError("a function has no gradient with respect to examples")

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, Array]:
        """Return the loss over the chosen rows (None: all) and its gradient (size,)."""
        run, correct_index, chosen = self._prepared(weights, rows, backward=True)
        with np.errstate(all="ignore"):
            return Loss(run.run(chosen, correct_index), 0.0), run.gradient.copy()

    def evaluate(self, weights: Array) -> tuple[float, float]:
        """Return the loss over the whole split, and NaN for the accuracy."""
        return self.loss(weights).total, float("nan")

    def passing(self, n: int, backward: bool = True) -> Pass:
        """Return the pass, in which any number of examples may be chosen."""

        def make() -> Pass:
            weights, gradient = np.zeros((2, self.size))
            seen = weights.view()
            seen.flags.writeable = False
            if not backward:
                value = self._value
                return Pass(weights, gradient, lambda rows, correct_index: value(seen, rows))
            value_and_slope = self._value_and_slope
            return Pass(weights, gradient, lambda rows, correct_index: value_and_slope(seen, rows, gradient))

        return self._kept(0, "both ways" if backward else "forward", make)


def known_function(name: str, dimensions: int = 2) -> FunctionObjective:
    """Make the objective of a test function. Raises ValueError for an unknown name."""
    if name not in KNOWN_FUNCTIONS:
        raise ValueError(f"{name[:40]!a} is no test function; choose from {', '.join(KNOWN_FUNCTIONS)}")
    known, size = KNOWN_FUNCTIONS[name], weights_of(name, dimensions)
    computed = known.value_and_slope

    def value(weights: Floats, rows: Rows) -> float:
        return computed(weights.tolist())[0]

    def value_and_slope(weights: Floats, rows: Rows, gradient: Floats) -> float:
        found, gradient[:] = computed(weights.tolist())
        return found

    return FunctionObjective(value, value_and_slope, size, np.array(known.start(size)))


class Surface(Protocol):
    """A loss of `size` flat weights. A loss is a number, or has a `total` as an objective's."""

    @property
    def size(self) -> int:
        """The number of weights."""

    def loss(self, weights: Any, /) -> Any:
        """Return the loss at weights (size,), float64."""

    def loss_and_gradient(self, weights: Any, /) -> tuple[Any, Any]:
        """Return the loss and its gradient (size,) at weights (size,), float64."""


def as_objective(surface: Surface, start: ArrayLike | None = None) -> Objective:
    """Return anything with a size, a loss and a gradient as an objective, which every strategy takes.

    An objective is returned as it is. The weights that the surface gets are read-only, and change with the next call.
    Raises ValueError for a start of another shape; its calls do for a gradient of another shape.
    """
    if isinstance(surface, Objective):
        return surface
    size = int(surface.size)

    def value(weights: Floats, rows: Rows) -> float:
        return total(surface.loss(weights))

    def value_and_slope(weights: Floats, rows: Rows, gradient: Floats) -> float:
        loss, slope = surface.loss_and_gradient(weights)
        gradient[:] = fitting(slope, size)
        return total(loss)

    first = None if start is None else np.array(start, dtype=np.float64)
    return FunctionObjective(value, value_and_slope, size, first)


def total(loss: Any) -> float:
    """Return a loss as a number. Raises ValueError if it is none."""
    try:
        return float(getattr(loss, "total", loss))
    except (TypeError, ValueError):
        raise ValueError(f"the loss is no number but {type(loss).__name__}: return a single number") from None


def fitting(slope: Any, size: int) -> Array:
    """Return a gradient as an array. Raises ValueError unless it holds `size` numbers in one row."""
    if type(slope) is np.ndarray and slope.shape == (size,):
        return slope
    try:
        found = np.asarray(slope, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"the gradient is no array of numbers but {type(slope).__name__}") from None
    if found.shape != (size,):
        raise ValueError(f"the gradient has shape {found.shape}; {size} weights need ({size},)")
    return found
