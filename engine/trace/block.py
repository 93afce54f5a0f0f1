"""Block: consecutive iterations of a run as columns."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

COLUMNS = ("elapsed_s", "loss", "data_loss", "gradient_norm", "step_size")
"""The columns that a block may have, in the order of the table `iterations`."""


@dataclass(frozen=True, slots=True)
class Block:
    """k consecutive iterations of one run.

    Every column is a float64 array of shape (k,); None means "not recorded". Inf and NaN are data: the screen
    shows them for a diverged run. The worker fills in `elapsed_s`, because strategies have no clock.
    Raises ValueError if the columns have different shapes.
    """

    first_iteration: int
    loss: Column
    data_loss: Column | None = None
    gradient_norm: Column | None = None
    step_size: Column | None = None
    elapsed_s: Column | None = None

    def __post_init__(self) -> None:
        for name, column in self.columns().items():
            if column.shape != self.loss.shape or column.ndim != 1:
                raise ValueError(
                    f"column {name} has shape {column.shape}; a block of {len(self.loss)} "
                    f"iterations needs ({len(self.loss)},)"
                )

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def end_iteration(self) -> int:
        """The iteration after the last one in this block."""
        return self.first_iteration + len(self.loss)

    def columns(self) -> dict[str, Column]:
        """Return the recorded columns by name, in the order of COLUMNS."""
        present = ((name, getattr(self, name)) for name in COLUMNS)
        return {name: column for name, column in present if column is not None}

    def stamped(self, start_s: float, end_s: float) -> Block:
        """Return a copy with `elapsed_s` spread evenly over (start_s, end_s], in seconds."""
        elapsed_s = np.arange(1.0, len(self) + 1)
        elapsed_s /= max(len(self), 1)
        elapsed_s *= end_s - start_s
        elapsed_s += start_s
        return replace(self, elapsed_s=elapsed_s)

    def rows(self, start: int, stop: int) -> Block:
        """Return rows start:stop (positions, not iterations) as a block."""
        cut = {name: column[start:stop] for name, column in self.columns().items()}
        return Block(first_iteration=self.first_iteration + start, **cut)


def concatenate(blocks: Sequence[Block]) -> Block:
    """Concatenate adjacent blocks with the same columns; empty blocks are skipped.

    Raises ValueError for no blocks, a missing iteration between two blocks, or different columns.
    """
    if not blocks:
        raise ValueError("no blocks to concatenate")
    blocks = [block for block in blocks if len(block)] or blocks[:1]
    if len(blocks) == 1:
        return blocks[0]
    names = blocks[0].columns().keys()
    for before, after in itertools.pairwise(blocks):
        if after.first_iteration != before.end_iteration:
            raise ValueError(f"block from {after.first_iteration} does not follow iteration {before.end_iteration - 1}")
        if after.columns().keys() != names:
            raise ValueError("blocks with different columns cannot be joined")
    joined = {name: np.concatenate([block.columns()[name] for block in blocks]) for name in names}
    return Block(first_iteration=blocks[0].first_iteration, **joined)
