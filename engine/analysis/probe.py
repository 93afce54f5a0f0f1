"""The one-step step-size probe: the loss after one step with each step size, and whether that step size is good.

Source: CS231n, optimization ("effect of step size").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.analysis import landscape
from engine.analysis.landscape import Floats
from engine.analysis.surface import Array, LossSurface, Rows
from engine.text import setting_text

Judgement = Literal["too small", "good", "too large"]

STEP_SIZES = tuple(float(f"1e{exponent}") for exponent in range(-10, 0))
"""1e-10 ... 0.1, the step sizes of the notes."""

FURTHER = tuple(float(f"1e{exponent}") for exponent in range(7))
"""1 ... 1e6, tried after STEP_SIZES until the loss is clearly worse."""

GOOD_SHARE = 0.5
"""A good step lowers the loss by at least this share of the best step's decrease."""

FLAT_SHARE = 0.01
"""Small steps that change the loss by at most this share of the best step's decrease share a row."""

MOST_DECIMALS, SIGNIFICANT = 9, 6
"""Most decimals of printed losses and changes, and significant digits of a loss of at least 1."""

ROUNDING = 1e-12
"""A change below this share of the loss counts as none: sums over many examples are not more exact."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The loss (k,) after one step W - s * gradient for each of `step_sizes` (k,), and `start_loss` before it.

    `best` is the index of the lowest loss, None if no step lowers the loss.
    """

    step_sizes: Floats
    loss: Floats
    start_loss: float
    gradient_norm: float
    best: int | None

    @property
    def best_step_size(self) -> float | None:
        """The step size of the lowest loss; None if no step lowers the loss."""
        return None if self.best is None else float(self.step_sizes[self.best])

    @property
    def change(self) -> Floats:
        """The change of the loss by each step, shape (k,); negative if it lowers the loss."""
        with np.errstate(invalid="ignore"):
            return self.loss - self.start_loss


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """The steps `first` to `last` of a probe as one row: the loss and the change of the step that changes most.

    Losses and changes have enough decimals to be compared.
    """

    first: int
    last: int
    loss: str
    change: str
    judgement: Judgement | None
    is_best: bool


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A probe as text: the loss `before` the step, and one row per group of steps, with aligned decimal points."""

    before: str
    lines: tuple[ProbeRow, ...]


def probe(surface: LossSurface, weights: Array, step_sizes: Sequence[float] | None = None, rows: Rows = None) -> Probe:
    """Take one step along the negative gradient from `weights` for each step size, on the same rows of examples.

    Without `step_sizes` it tries those of the notes, then further decades until the loss is clearly worse. Raises
    ValueError for a step size that is not a positive number, or weights that do not fit.
    """
    landscape.check_fits(surface, weights=weights)
    sizes = landscape.finite_positions(STEP_SIZES if step_sizes is None else step_sizes)
    if not (sizes > 0).all():
        raise ValueError(f"step sizes must be greater than 0, not {sizes.min()}")
    before, gradient = surface.loss_and_gradient(weights, rows)
    start, norm = before.total, float(np.linalg.norm(gradient.astype(np.float64)))
    loss = landscape.line(surface, weights, gradient, -sizes, rows).loss
    if step_sizes is None and math.isfinite(start) and 0 < norm < math.inf:
        for size in FURTHER:
            if _is_clearly_worse(start, float(loss[-1])):
                break
            sizes = np.append(sizes, size)
            loss = np.append(loss, landscape.line(surface, weights, gradient, [-size], rows).loss)
    return Probe(sizes, loss, start, norm, best=_best(start, loss))


def judge(probe: Probe) -> tuple[Judgement | None, ...]:
    """Judge each step size: good, too small or too large; None if the first loss is not finite.

    A step with at least GOOD_SHARE of the best step's decrease is good. Another is too small if it is smaller than the
    best and does not raise the loss, else too large.
    """
    if not math.isfinite(probe.start_loss):
        return (None,) * len(probe.loss)
    decreases = (-probe.change).tolist()
    largest = 0.0 if probe.best is None else decreases[probe.best]
    best_size = math.inf if probe.best is None else float(probe.step_sizes[probe.best])
    rounding = _rounding(probe.start_loss)
    judged: list[Judgement | None] = []
    for size, decrease in zip(probe.step_sizes.tolist(), decreases, strict=True):
        if largest > 0 and decrease >= GOOD_SHARE * largest:
            judged.append("good")
        elif size < best_size and decrease >= -rounding:
            judged.append("too small")
        else:
            judged.append("too large")
    return tuple(judged)


def format_probe(probe: Probe) -> ProbeResult:
    """Format a probe: one row for consecutive steps too small to change much, and one for each other step."""
    judged, decimals = judge(probe), _decimals(probe)
    groups = _groups(probe, judged)
    representatives = [max(range(first, last + 1), key=lambda step: abs(probe.change[step])) for first, last in groups]
    losses = [probe.start_loss, *(float(probe.loss[step]) for step in representatives)]
    before, *after = _aligned([_loss_text(loss, decimals) for loss in losses])
    changes = _aligned([_change_text(float(probe.change[step]), decimals) for step in representatives])
    lines = tuple(
        ProbeRow(first, last, loss, change, judged[first], is_best=first == probe.best)
        for (first, last), loss, change in zip(groups, after, changes, strict=True)
    )
    return ProbeResult(before, lines)


def remark(probe: Probe) -> str:
    """Return a sentence on why no step is good, or that none was too large; else ''."""
    if not math.isfinite(probe.start_loss):
        return "The loss of these weights is not a finite number, so no step can be judged."
    if probe.gradient_norm == 0:
        return "The gradient is zero here: no step changes the weights."
    if probe.best is None:
        return "No step lowers the loss from here."
    if "too large" not in judge(probe):
        return "No step was too large: try larger ones."
    return ""


def _groups(probe: Probe, judged: Sequence[Judgement | None]) -> list[tuple[int, int]]:
    """Return the first and the last index of the steps of each row."""
    changes = np.abs(probe.change)
    floor = _rounding(probe.start_loss) if probe.best is None else FLAT_SHARE * float(changes[probe.best])
    flat = [word == "too small" and change <= floor for word, change in zip(judged, changes.tolist(), strict=True)]
    groups: list[tuple[int, int]] = []
    for step, is_flat in enumerate(flat):
        if groups and is_flat and flat[step - 1]:
            groups[-1] = groups[-1][0], step
        else:
            groups.append((step, step))
    return groups


def _decimals(probe: Probe) -> int:
    """Return the decimals that show three digits of the best change, from 4 to MOST_DECIMALS."""
    change = 0.0 if probe.best is None else float(probe.change[probe.best])
    return min(max(_decimals_of(change, 3), 4), MOST_DECIMALS)


def _decimals_of(value: float, digits: int) -> int:
    """Return the decimals that show `digits` significant digits."""
    return digits - 1 - math.floor(math.log10(abs(value))) if value and math.isfinite(value) else digits


def _loss_text(loss: float, decimals: int) -> str:
    if abs(loss) >= 1e4 or not math.isfinite(loss):
        return setting_text(loss)
    return f"{loss:.{max(min(_decimals_of(loss, SIGNIFICANT), decimals), 0) if abs(loss) >= 1 else decimals}f}"


def _aligned(texts: Sequence[str]) -> list[str]:
    """Pad the texts to one width with aligned decimal points."""
    integer_parts = [text.partition(".")[0].partition("e")[0] for text in texts]
    longest = max(map(len, integer_parts), default=0)
    padded = [" " * (longest - len(part)) + text for text, part in zip(texts, integer_parts, strict=True)]
    width = max(map(len, padded), default=0)
    return [text.ljust(width) for text in padded]


def _change_text(change: float, decimals: int) -> str:
    if not change or not math.isfinite(change):
        return "0" if change == 0 else "" if math.isnan(change) else f"{change:+}"
    if abs(change) >= 1e4:
        return f"{'+' if change > 0 else ''}{setting_text(change, 3)}"
    if abs(change) < 0.5 * 10.0**-decimals:
        mantissa, exponent = f"{change:+.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{change:+.{max(min(_decimals_of(change, 3), decimals), 0)}f}"


def _is_clearly_worse(start: float, loss: float) -> bool:
    """True if the loss is not finite, or greater than `start` by at least its absolute value."""
    return not math.isfinite(loss) or (loss > start and loss - start >= abs(start))


def _best(start: float, loss: Floats) -> int | None:
    """Return the index of the lowest loss if it is finite and below `start` by more than rounding; else None."""
    finite = np.where(np.isfinite(loss), loss, np.inf)
    best = int(finite.argmin())
    return best if math.isfinite(start) and start - finite[best] > _rounding(start) else None


def _rounding(start: float) -> float:
    return ROUNDING * abs(start)
