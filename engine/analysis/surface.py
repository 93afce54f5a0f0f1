"""LossSurface: the loss over weight space, the interface that analyses need of an objective."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = NDArray[np.intp] | slice | None


class LossValue(Protocol):
    """The loss at one point of weight space."""

    @property
    def data_loss(self) -> float:
        """The mean data loss."""

    @property
    def total(self) -> float:
        """The data loss + the regularization loss."""


class LossSurface(Protocol):
    """A loss of `size` flat weights over the chosen examples (None: all of them). Every objective is one."""

    @property
    def size(self) -> int:
        """The number of weights."""

    def loss(self, weights: Array, rows: Rows = None) -> LossValue:
        """Return the loss at weights (size,)."""

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[LossValue, Array]:
        """Return the loss and its (sub)gradient (size,) at weights (size,)."""
