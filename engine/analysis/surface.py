"""LossSurface: the loss over weight space, all that a gradient check, a probe or a landscape asks of an objective."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = NDArray[np.intp] | slice | None


class LossValue(Protocol):
    """The loss at one point of weight space."""

    @property
    def data_loss(self) -> float: ...
    @property
    def total(self) -> float: ...


class LossSurface(Protocol):
    """A loss of `size` flat weights over the chosen examples (None: all of them). Every objective is one."""

    @property
    def size(self) -> int: ...
    def loss(self, weights: Array, rows: Rows = None) -> LossValue: ...
    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[LossValue, Array]: ...
