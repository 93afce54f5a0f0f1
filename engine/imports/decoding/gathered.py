"""Gathered: values of several metrics as columns, as they were found one by one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Values of one metric in the order in which they were written: columns of shape (n,), of a step's values the last
    one counts. `elapsed_s` counts from the run's beginning, NaN where that is not told."""

    step: Integers
    elapsed_s: Floats
    value: Floats

    def __len__(self) -> int:
        return len(self.step)

    def taken(self, places: Integers | NDArray[np.bool_] | slice) -> Series:
        """The values at some places."""
        return Series(self.step[places], self.elapsed_s[places], self.value[places])


class Gathered:
    """Values of several metrics, gathered one by one or as columns, each with its place in the order of the file."""

    def __init__(self) -> None:
        self.count = 0
        self._singles: dict[str, tuple[list[int], list[int], list[float], list[float]]] = {}
        self._parts: dict[str, list[tuple[Integers, Series]]] = {}

    def add(self, name: str, step: int, elapsed_s: float, value: float, order: int = 0) -> None:
        """Add one value of a metric; without `order` it is the last of those added so."""
        columns = self._singles.get(name)
        if columns is None:
            columns = self._singles[name] = ([], [], [], [])
        columns[0].append(order)
        columns[1].append(step)
        columns[2].append(elapsed_s)
        columns[3].append(value)
        self.count += 1

    def add_series(self, name: str, order: Integers, series: Series) -> None:
        """Add values of a metric with the place of each, (n,)."""
        self._parts.setdefault(name, []).append((order, series))
        self.count += len(series)

    def ordered(self) -> dict[str, tuple[Integers, Series]]:
        """What was gathered by metric, in the order of the file, with the place of each value."""
        parts = {name: list(each) for name, each in self._parts.items()}
        for name, (order, step, elapsed_s, value) in self._singles.items():
            series = Series(np.array(step, np.int64), np.array(elapsed_s, np.float64), np.array(value, np.float64))
            parts.setdefault(name, []).append((np.array(order, np.int64), series))
        return {name: _merged(each) for name, each in parts.items()}

    def series(self) -> dict[str, Series]:
        """What was gathered by metric, in the order of the file."""
        return {name: series for name, (_, series) in self.ordered().items()}


def joined(parts: Sequence[Series]) -> Series:
    """Series that follow each other as one."""
    if len(parts) == 1:
        return parts[0]
    return Series(
        np.concatenate([part.step for part in parts]),
        np.concatenate([part.elapsed_s for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


def _merged(parts: list[tuple[Integers, Series]]) -> tuple[Integers, Series]:
    if len(parts) == 1:
        return parts[0]
    orders = np.concatenate([order for order, _ in parts])
    sorted_by = np.argsort(orders, kind="stable")
    return orders[sorted_by], joined([series for _, series in parts]).taken(sorted_by)
