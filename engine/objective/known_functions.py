"""Test functions of optimization, with their gradients and minima: for seeing how a strategy finds its way down.

They are computed in Python's floats, which for a few weights takes an eighth of the time of arrays.
Sources: Rosenbrock 1960; Himmelblau 1972; Beale 1958; Rastrigin 1974.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.spec import N_DIMENSIONAL, TEST_FUNCTIONS

Point = list[float]
ValueAndSlope = Callable[[Point], tuple[float, Point]]


@dataclass(frozen=True, slots=True)
class KnownFunction:
    """A test function of n weights: its value with its gradient, its usual start and its lowest points.

    `minima` are the points (n,) where it has its lowest value, `lowest`.
    """

    value_and_slope: ValueAndSlope
    start: Callable[[int], Point]
    minima: Callable[[int], list[Point]]
    lowest: float = 0.0


def _rosenbrock(w: Point) -> tuple[float, Point]:
    """The sum over i of 100 (w[i+1] - w[i]^2)^2 + (1 - w[i])^2: a bent valley."""
    value, slope = 0.0, [0.0] * len(w)
    for i in range(len(w) - 1):
        off, left = w[i + 1] - w[i] * w[i], 1 - w[i]
        value += 100 * off * off + left * left
        slope[i] -= 400 * off * w[i] + 2 * left
        slope[i + 1] += 200 * off
    return value, slope


def _himmelblau(w: Point) -> tuple[float, Point]:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2: four minima."""
    x, y = w
    first, second = x * x + y - 11, x + y * y - 7
    return first * first + second * second, [4 * first * x + 2 * second, 2 * first + 4 * second * y]


def _beale(w: Point) -> tuple[float, Point]:
    """The sum of (c - x + x y^k)^2 for c = 1.5, 2.25, 2.625 and k = 1, 2, 3: flat, with sharp corners."""
    x, y = w
    value, along_x, along_y, power = 0.0, 0.0, 0.0, 1.0
    for k, c in enumerate((1.5, 2.25, 2.625), start=1):
        before, power = power, power * y
        off = c - x + x * power
        value += off * off
        along_x += 2 * off * (power - 1)
        along_y += 2 * off * x * k * before
    return value, [along_x, along_y]


def _rastrigin(w: Point) -> tuple[float, Point]:
    """10 n + the sum of x^2 - 10 cos(2 pi x): a bowl full of dents."""
    value, slope = 10.0 * len(w), []
    for x in w:
        angle = 2 * math.pi * x
        if not math.isfinite(angle):
            return math.nan, [math.nan] * len(w)
        value += x * x - 10 * math.cos(angle)
        slope.append(2 * x + 20 * math.pi * math.sin(angle))
    return value, slope


def _ravine(w: Point) -> tuple[float, Point]:
    """Half the sum of c x^2, with c from 1 to 100 in equal ratios: a long valley, along the first weight."""
    ratio = 100 ** (1 / (len(w) - 1))
    value, slope, curvature = 0.0, [], 1.0
    for x in w:
        value += 0.5 * curvature * x * x
        slope.append(curvature * x)
        curvature *= ratio
    return value, slope


def _saddle(w: Point) -> tuple[float, Point]:
    """The sum of x^2 over all weights but the last, y, plus (1 - y^2)^2 / 4: a saddle at 0 between two minima."""
    *others, y = w
    inside = 1 - y * y
    return sum(x * x for x in others) + 0.25 * inside * inside, [*(2 * x for x in others), -y * inside]


KNOWN_FUNCTIONS: dict[str, KnownFunction] = {
    "rosenbrock": KnownFunction(
        _rosenbrock, lambda n: [-1.2 if i % 2 == 0 else 1.0 for i in range(n)], lambda n: [[1.0] * n]
    ),
    "himmelblau": KnownFunction(
        _himmelblau,
        lambda n: [0.0, 0.0],
        lambda n: [
            [3.0, 2.0],
            [-2.8051180869527448, 3.1313125182505730],
            [-3.7793102533777469, -3.2831859912861694],
            [3.5844283403304917, -1.8481265269644034],
        ],
    ),
    "beale": KnownFunction(_beale, lambda n: [1.0, 1.0], lambda n: [[3.0, 0.5]]),
    "rastrigin": KnownFunction(
        _rastrigin, lambda n: [2.2 if i % 2 == 0 else -1.7 for i in range(n)], lambda n: [[0.0] * n]
    ),
    "ravine": KnownFunction(_ravine, lambda n: [-10.0] + [1.0] * (n - 1), lambda n: [[0.0] * n]),
    "saddle": KnownFunction(
        _saddle,
        lambda n: [1.0] * (n - 1) + [0.001],
        lambda n: [[*[0.0] * (n - 1), 1.0], [*[0.0] * (n - 1), -1.0]],
    ),
}
assert tuple(KNOWN_FUNCTIONS) == TEST_FUNCTIONS


def weights_of(name: str, dimensions: int) -> int:
    """Return the number of weights of a test function: `dimensions`, or 2 where it has no other."""
    return dimensions if name in N_DIMENSIONAL else 2
