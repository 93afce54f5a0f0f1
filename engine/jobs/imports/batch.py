"""Batch: pieces of a run that are stored together, as the store takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.imports.decoding.gathered import Series, joined
from engine.imports.records import LARGEST_STEP, Piece, Position
from engine.store import Measured
from engine.store.records.logged import UNTIMED

MOST_METRICS = 4096
"""So many metrics of a run at most are stored."""


class Batch:
    """Pieces that follow each other."""

    def __init__(self) -> None:
        self.values = 0
        self.position: Position | None = None
        self.config: Mapping[str, Any] | None = None
        self.summary: Mapping[str, Any] | None = None
        self._parts: dict[str, list[Series]] = {}

    def add(self, piece: Piece) -> None:
        """Add the next piece."""
        for name, series in piece.values.items():
            self._parts.setdefault(name, []).append(series)
            self.values += len(series)
        self.position = piece.position
        self.config = piece.config if piece.config is not None else self.config
        self.summary = piece.summary if piece.summary is not None else self.summary

    @property
    def elapsed_s(self) -> float:
        """The largest time since the run's beginning; 0 where none is told."""
        times = [series.elapsed_s for parts in self._parts.values() for series in parts]
        return max((float(each.max(initial=0.0, where=np.isfinite(each))) for each in times), default=0.0)

    def measured(self, known: set[str]) -> tuple[dict[str, Measured], list[str]]:
        """(the values by metric, sentences about those left out); `known` are the run's metrics, and grows."""
        found: dict[str, Measured] = {}
        unfit = beyond = 0
        for name, parts in self._parts.items():
            if name not in known and len(known) >= MOST_METRICS:
                beyond += 1
                continue
            known.add(name)
            one = joined(parts)
            fits = np.abs(one.step) < LARGEST_STEP
            if not fits.all():
                unfit += int((~fits).sum())
                one = one.taken(fits)
            found[name] = Measured(one.step, _microseconds(one.elapsed_s), one.value)
        told = []
        if beyond:
            told.append(f"{beyond:,} more metrics are left out: a run has at most {MOST_METRICS:,}.")
        if unfit:
            told.append(f"{unfit:,} values are left out, whose steps are too large.")
        return found, told


def _microseconds(elapsed_s: NDArray[np.float64]) -> NDArray[np.int64]:
    known = np.isfinite(elapsed_s)
    return np.where(known, np.rint(np.clip(np.where(known, elapsed_s, 0.0), 0.0, 1e12) * 1e6), UNTIMED).astype(np.int64)
