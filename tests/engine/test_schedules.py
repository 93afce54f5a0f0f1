"""Each step-size schedule by its formula; adding one is one row."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from engine.spec import SCHEDULES as NAMES
from engine.strategy.schedules import SCHEDULES, Decay, schedule

DECAY = Decay(factor=0.1, every=10, rate=0.5, horizon=20)

FORMULAS: dict[str, Callable[[int], float]] = {
    "constant": lambda t: 1.0,
    "step": lambda t: [1.0, 0.1, 0.01][t // 10],
    "exponential": lambda t: math.e ** (-t / 2),
    "1/t": lambda t: 2 / (2 + t),
    "cosine": lambda t: (1 + math.cos(math.pi * t / 20)) / 2,
}


def test_every_schedule_that_can_be_chosen_has_its_formula_here() -> None:
    assert tuple(FORMULAS) == tuple(SCHEDULES) == NAMES


@pytest.mark.parametrize("name", FORMULAS)
def test_the_schedule_follows_its_formula(name: str) -> None:
    factor = schedule(name, DECAY)
    assert [factor(t) for t in range(21)] == pytest.approx([FORMULAS[name](t) for t in range(21)])


@pytest.mark.parametrize("name", FORMULAS)
def test_a_warm_up_rises_to_the_full_step_size_and_then_the_schedule_begins(name: str) -> None:
    factor, plain = schedule(name, DECAY, warm_up=4), schedule(name, DECAY)
    assert [factor(i) for i in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert [factor(i) for i in range(4, 14)] == [plain(t) for t in range(10)]


@pytest.mark.parametrize("name", FORMULAS)
def test_no_schedule_falls_below_zero_or_fails_after_its_end(name: str) -> None:
    assert 0 <= schedule(name, DECAY)(10**9) <= 1
