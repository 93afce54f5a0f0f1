"""Step-size schedules: the factor on the base step size in each iteration.

Each schedule is one factory and one row in SCHEDULES: from the settings to a pure function of the
iteration t, counted from the end of the warm-up. Source: CS231n, neural networks 3, "annealing
the learning rate"; Loshchilov and Hutter 2017 (cosine, warm restarts); Goyal et al. 2017 (linear warm-up); Smith 2017
(cyclic: "triangular"); Smith and Topin 2018 (one-cycle).
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
    period: int = 200
    period_factor: float = 2.0
    lowest: float = 0.1


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


def _warm_restarts(decay: Decay) -> Factor:
    """From 1 along half a cosine to `lowest`, again and again: a cycle is `period_factor` times as long as the last."""
    return lambda t: decay.lowest + (1 - decay.lowest) * 0.5 * (1 + math.cos(math.pi * _share_of_cycle(decay, t)))


def _share_of_cycle(decay: Decay, t: int) -> float:
    """How much of its cycle is over at iteration t, 0 to 1; cycles begin at whole iterations."""
    if decay.period_factor == 1:
        return t % decay.period / decay.period
    start, length = 0, float(decay.period)
    while t >= start + round(length):
        start, length = start + round(length), length * decay.period_factor
    return (t - start) / round(length)


def _cyclic(decay: Decay) -> Factor:
    """In a straight line from `lowest` to 1 in half a period, and back in the other half."""
    return lambda t: 1 - (1 - decay.lowest) * abs(2 * (t % decay.period) / decay.period - 1)


RISE = 0.3
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = 1 / 250_000
"""One cycle rises for so much of the horizon, begins and ends at so much of the base step size, as in torch."""


def _one_cycle(decay: Decay) -> Factor:
    """Half a cosine from 1/25 up to 1 in the first 0.3 of the horizon, and another down to 4e-6 at its end."""
    last = max(decay.horizon - 1, 1)
    top = RISE * decay.horizon - 1

    def factor(t: int) -> float:
        if t < top:
            return _between(ONE_CYCLE_START, 1.0, t / top)
        return _between(1.0, ONE_CYCLE_END, min(1.0, (t - top) / max(last - top, 1)))

    return factor


def _between(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))


def _power(factor: float, exponent: int) -> float:
    return 0.0 if factor < 1 and exponent > 10_000 else factor**exponent


SCHEDULES: dict[str, Callable[[Decay], Factor]] = {
    "constant": _constant,
    "step": _step,
    "exponential": _exponential,
    "1/t": _inverse,
    "cosine": _cosine,
    "warm-restarts": _warm_restarts,
    "cyclic": _cyclic,
    "one-cycle": _one_cycle,
    "on-plateau": _constant,
}


def schedule(name: str, decay: Decay, warm_up: int = 0) -> Factor:
    """Return the factor as a function of iteration i: (i + 1) / warm_up if i < warm_up, then the named schedule.

    Raises KeyError for an unknown name.
    """
    after = SCHEDULES[name](decay)
    if not warm_up:
        return after
    return lambda iteration: (iteration + 1) / warm_up if iteration < warm_up else after(iteration - warm_up)
