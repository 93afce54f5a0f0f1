"""Step-size schedules: the factor on the base step size in each iteration.

Each schedule is one factory and one row in SCHEDULES: from the settings to a pure function of the
iteration t, counted from the end of the warm-up. Source: CS231n, neural networks 3, "annealing
the learning rate"; Loshchilov and Hutter 2017 (cosine); Goyal et al. 2017 (linear warm-up).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Factor = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Decay:
    """The settings of all schedules; each uses its own. `horizon` is the planned iterations after the warm-up."""

    factor: float = 0.5
    every: int = 250
    rate: float = 0.001
    horizon: int = 1000


def _constant(decay: Decay) -> Factor:
    """1."""
    return lambda t: 1.0


def _step(decay: Decay) -> Factor:
    """factor^floor(t / every)."""
    return lambda t: _power(decay.factor, t // decay.every)


def _exponential(decay: Decay) -> Factor:
    """exp(-rate * t)."""
    return lambda t: math.exp(-decay.rate * t)


def _inverse(decay: Decay) -> Factor:
    """1 / (1 + rate * t)."""
    return lambda t: 1.0 / (1.0 + decay.rate * t)


def _cosine(decay: Decay) -> Factor:
    """(1 + cos(pi * t / horizon)) / 2, and 0 after the horizon."""
    return lambda t: 0.5 * (1.0 + math.cos(math.pi * min(1.0, t / decay.horizon)))


def _power(factor: float, exponent: int) -> float:
    return 0.0 if factor < 1 and exponent > 10_000 else factor**exponent


SCHEDULES: dict[str, Callable[[Decay], Factor]] = {
    "constant": _constant,
    "step": _step,
    "exponential": _exponential,
    "1/t": _inverse,
    "cosine": _cosine,
}


def schedule(name: str, decay: Decay, warm_up: int = 0) -> Factor:
    """Return the factor as a function of iteration i: (i + 1) / warm_up if i < warm_up, then the named schedule.

    Raises KeyError for an unknown name.
    """
    after = SCHEDULES[name](decay)
    if not warm_up:
        return after
    return lambda iteration: (iteration + 1) / warm_up if iteration < warm_up else after(iteration - warm_up)
