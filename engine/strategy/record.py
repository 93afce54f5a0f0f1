"""Record: the columns of a block while a strategy fills them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.objective.layout import Array
from engine.trace.block import Block
from engine.trace.state import DIVERGED, State


class Record:
    """Lists that a strategy appends to, one item per iteration; a list that is not recorded stays empty."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.data_losses: list[float] = []
        self.gradient_squares: list[float] = []
        self.step_sizes: list[float] = []
        self.diverged = False

    def __len__(self) -> int:
        return len(self.losses)

    def block(self, first_iteration: int) -> Block:
        """Return the recorded iterations as a block that begins at `first_iteration`."""
        squares = np.array(self.gradient_squares)
        return Block(
            first_iteration=first_iteration,
            loss=np.array(self.losses, dtype=np.float64),
            data_loss=np.array(self.data_losses) if self.data_losses else None,
            gradient_norm=np.sqrt(squares) if self.gradient_squares else None,
            step_size=np.array(self.step_sizes) if self.step_sizes else None,
        )

    def state_after(
        self,
        state: State,
        weights: Array,
        streams: Mapping[str, Mapping[str, Any]],
        buffers: Mapping[str, Array],
    ) -> State:
        """Return the state after the recorded iterations, with updated first loss, best loss and stop reason."""
        if not self.losses:
            return state
        finite = [loss for loss in self.losses if math.isfinite(loss)]
        return replace(
            state,
            iteration=state.iteration + len(self.losses),
            weights=weights,
            streams=streams,
            buffers=buffers,
            first_loss=self.losses[0] if state.iteration == 0 else state.first_loss,
            best_loss=min([state.best_loss, *finite]),
            stop_reason=DIVERGED if self.diverged else state.stop_reason,
        )
