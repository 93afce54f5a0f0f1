"""Each step-size schedule by its formula; adding one is one row."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from engine.spec import SCHEDULES as NAMES
from engine.strategy.schedules import SCHEDULES, Decay, schedule

DECAY = Decay(factor=0.1, every=10, rate=0.5, horizon=20, period=4, period_factor=2, lowest=0.2)


def restarted(t: int) -> float:
    """Cycles of 4, 8 and 16 iterations."""
    start, length = (0, 4) if t < 4 else (4, 8) if t < 12 else (12, 16)
    return 0.2 + 0.8 * (1 + math.cos(math.pi * (t - start) / length)) / 2


def one_cycle(t: int) -> float:
    """Up to iteration 5, where 0.3 of 20 iterations are over, down to iteration 19."""
    if t <= 5:
        return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * t / 5)) / 2
    return 4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * min(t - 5, 14) / 14)) / 2


FORMULAS: dict[str, Callable[[int], float]] = {
    "constant": lambda t: 1.0,
    "step": lambda t: [1.0, 0.1, 0.01][t // 10],
    "exponential": lambda t: math.e ** (-t / 2),
    "1/t": lambda t: 2 / (2 + t),
    "warm-restarts": restarted,
    "cyclic": lambda t: [0.2, 0.6, 1.0, 0.6][t % 4],
    "one-cycle": one_cycle,
    "on-plateau": lambda t: 1.0,
    "cosine": lambda t: (1 + math.cos(math.pi * t / 20)) / 2,
}


def test_every_schedule_that_can_be_chosen_has_its_formula_here() -> None:
    assert tuple(SCHEDULES) == NAMES
    assert set(FORMULAS) == set(NAMES)


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


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("step", "StepLR", {"step_size": 10, "gamma": 0.1}),
        ("exponential", "ExponentialLR", {"gamma": math.exp(-0.5)}),
        ("cosine", "CosineAnnealingLR", {"T_max": 20}),
        ("warm-restarts", "CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.2}),
        ("cyclic", "CyclicLR", {"base_lr": 0.2, "max_lr": 1.0, "step_size_up": 2, "cycle_momentum": False}),
        ("one-cycle", "OneCycleLR", {"max_lr": 1.0, "total_steps": 20, "cycle_momentum": False}),
    ],
)
def test_the_schedule_follows_torch(name: str, kind: str, settings: dict[str, float]) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **settings)
    factor = schedule(name, DECAY)
    for t in range(20):
        assert factor(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        optimizer.step()
        if t < 19:
            scheduler.step()
