"""The distribution of CMA-ES: a generation is drawn from it, and the better half moves and shapes the next one's.

Source: Hansen 2016, "The CMA evolution strategy: a tutorial", figure 6, with its default constants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Constants:
    """What depends on the number of weights n and the proposals in a generation alone."""

    n: int
    population: int

    @cached_property
    def shares(self) -> Floats:
        """How much each of the better half counts, the best first; they sum to 1."""
        half = self.population // 2
        shares = math.log((self.population + 1) / 2) - np.log(np.arange(1, half + 1))
        return np.asarray(shares / shares.sum())

    @cached_property
    def effective(self) -> float:
        """As many proposals of equal share would vary as much."""
        return float(1 / np.square(self.shares).sum())

    @cached_property
    def of_path(self) -> float:
        n = self.n
        return (4 + self.effective / n) / (n + 4 + 2 * self.effective / n)

    @cached_property
    def of_size_path(self) -> float:
        return (self.effective + 2) / (self.n + self.effective + 5)

    @cached_property
    def of_rank_one(self) -> float:
        return 2 / ((self.n + 1.3) ** 2 + self.effective)

    @cached_property
    def of_rank_half(self) -> float:
        gained = 2 * (self.effective - 2 + 1 / self.effective) / ((self.n + 2) ** 2 + self.effective)
        return min(1 - self.of_rank_one, gained)

    @cached_property
    def damping(self) -> float:
        return 1 + 2 * max(0.0, math.sqrt((self.effective - 1) / (self.n + 1)) - 1) + self.of_size_path

    @cached_property
    def usual_length(self) -> float:
        """Of a normal vector of n numbers."""
        return math.sqrt(self.n) * (1 - 1 / (4 * self.n) + 1 / (21 * self.n**2))

    @cached_property
    def root_every(self) -> int:
        """Generations between two roots of the covariance: it hardly changes in fewer, and a root costs n^3."""
        return max(1, int(1 / (10 * self.n * (self.of_rank_one + self.of_rank_half))))


@dataclass(frozen=True, slots=True)
class Distribution:
    """From what a generation is drawn: mean + size * root z, with z standard normal; and what led there.

    `covariance` is C (n, n), `root` its symmetric root when that was last taken; `path` and `size_path` are the
    decaying sums of steps that the shape and the size are learnt from.
    """

    mean: Floats
    size: float
    covariance: Floats
    root: Floats
    path: Floats
    size_path: Floats
    generation: int = 0

    def after(self, z: Floats, losses: Floats, constants: Constants) -> Distribution:
        """Return the next generation's distribution, given z (population, n) and the losses (population,) of z."""
        c = constants
        best = z[np.argsort(losses, kind="stable")[: len(c.shares)]]
        steps = best @ self.root
        step, step_z = c.shares @ steps, c.shares @ best
        generation = self.generation + 1
        size_path = (1 - c.of_size_path) * self.size_path + math.sqrt(
            c.of_size_path * (2 - c.of_size_path) * c.effective
        ) * step_z
        length = float(np.linalg.norm(size_path)) / c.usual_length
        so_far = math.sqrt(1 - (1 - c.of_size_path) ** (2 * generation))
        is_short = length / so_far < 1.4 + 2 / (c.n + 1)
        path = (1 - c.of_path) * self.path
        if is_short:
            path = path + math.sqrt(c.of_path * (2 - c.of_path) * c.effective) * step
        lost = 0.0 if is_short else c.of_rank_one * c.of_path * (2 - c.of_path)
        covariance = (1 - c.of_rank_one - c.of_rank_half + lost) * self.covariance
        covariance += c.of_rank_one * np.outer(path, path)
        covariance += c.of_rank_half * (steps.T @ (c.shares[:, None] * steps))
        return replace(
            self,
            mean=self.mean + self.size * step,
            size=self.size * math.exp(min(1.0, c.of_size_path / c.damping * (length - 1))),
            covariance=mirrored(covariance),
            root=self.root if generation % c.root_every else _root(covariance),
            path=path,
            size_path=size_path,
            generation=generation,
        )


def first(mean: Floats, size: float) -> Distribution:
    """Return the first generation's distribution, a sphere of this size about the mean (n,)."""
    n = len(mean)
    return Distribution(mean, size, np.eye(n), np.eye(n), np.zeros(n), np.zeros(n))


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(mirrored(covariance))
    return mirrored((vectors * np.sqrt(np.maximum(values, 1e-300))) @ vectors.T)


def mirrored(matrix: Floats) -> Floats:
    """Return a symmetric matrix from the upper half of one that rounding has made a little asymmetric."""
    return np.triu(matrix) + np.triu(matrix, 1).T


def usual_population(weights: int) -> int:
    """Return the default number of proposals in a generation: 4 + 3 ln n, rounded down."""
    return 4 + int(3 * math.log(weights))
