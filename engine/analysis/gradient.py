"""Numerical gradient by differences, and the gradient check that compares an analytic gradient with it.

All values are float64, because a centred difference loses half of the digits.
Source: CS231n, optimization ("computing the gradient") and neural networks 3 ("gradient checks").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.analysis.surface import LossSurface, Rows
from engine.text import setting_text

Floats = NDArray[np.float64]

H, H_FOR_PIXELS, PIXELS_FROM = 1e-5, 1e-6, 16.0
"""Step h of the differences; the smaller one applies to features above PIXELS_FROM in size: for raw pixels a larger h
moves margins across kinks."""

TOLERANCE = 1e-6
WORST = 10
MOST_EXAMINED = 200
"""Most coordinates examined one by one after no smaller h explained them: kinks do not cause more by chance."""

MOST_HIDDEN = 1e-3
"""Largest share of a gradient that rounding may hide: a check that misses one part in a thousand tells nothing."""

FLAT = 1e-6
"""A derivative below this share of the loss is none: in a minimum no h sees more of it than rounding."""

SMALLEST_H = 1e-7
"""A mistake stays down to this h; where it does not, the h that was asked for was too large to tell."""

SETTLED = 0.1
"""A difference says that a derivative is wrong if with a tenth of h it changes by less than this share of the error."""

Differences = Callable[[float, NDArray[np.intp]], Floats]
"""Differences with step h at the given coordinates (k,); shape (k,)."""

Verdict = Literal["passed", "passed but for kinks", "failed", "cannot tell"]
Reason = Literal["", "kink within h", "h too large", "wrong", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One weight's two derivatives. `reason` is why they differ by more than rounding, '' if they do not."""

    index: int
    analytic: float
    numerical: float
    relative_error: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """The result of a gradient check of `checked` of `size` weights.

    `norm_error` is ||a - n|| / max(||a||, ||n||) over all checked coordinates; `norm_error_off_kinks` leaves out those
    whose difference is explained by a kink within h or by a large h. `worst` are the coordinates that differ most,
    wrong ones first; `kinks`, `wrong` and `unsettled` count the coordinates with a kink, that are wrong, and whose
    differences still change with h, so that they tell nothing. `hidden` is the relative error of the whole gradient
    that rounding could hide.
    """

    h: float
    tolerance: float
    size: int
    checked: int
    norm_error: float
    norm_error_off_kinks: float
    worst: tuple[Coordinate, ...]
    kinks: int
    wrong: int
    unsettled: int
    hidden: float
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """True if the analytic gradient is right wherever the loss is differentiable."""
        return self.verdict in ("passed", "passed but for kinks")

    @property
    def advice(self) -> str:
        """What to do where it cannot tell, or why an error above the tolerance passes, as a sentence; else ''."""
        if self.passed and self.norm_error_off_kinks > self.tolerance:
            return "The norm error is above the tolerance, but no larger than rounding can make it beside such a loss."
        if self.verdict != "cannot tell":
            return ""
        if self.unsettled:
            return f"h = {setting_text(self.h)} is too large: the differences still change with it. Take a smaller h."
        hidden = f"rounding could hide an error of {self.hidden:.1%} of the gradient"
        return f"h = {setting_text(self.h)} is too small: {hidden}. Take a larger h."


def usual_h(X: NDArray[Any]) -> float:
    """Return the step h of the differences for examples X (n, D)."""
    return H_FOR_PIXELS if X.size and np.abs(X).max() > PIXELS_FROM else H


def numerical_gradient(
    surface: LossSurface,
    weights: NDArray[Any],
    h: float = H,
    rows: Rows = None,
    coordinates: NDArray[np.intp] | None = None,
    one_sided: bool = False,
) -> Floats:
    """Return the centred differences (f(w + h) - f(w - h)) / 2h of any objective, two losses per coordinate.

    If `one_sided`, (f(w + h) - f(w)) / h as in the definition of a derivative: one loss per coordinate and one more,
    and an error that shrinks with h only, not with its square. Shape (size,), or (k,) for k chosen `coordinates`.
    Raises ValueError unless the weights are float64 of shape (size,) and h is positive.
    """
    point = _point(surface, weights, h)
    chosen = range(surface.size) if coordinates is None else coordinates.tolist()
    loss = _along(surface, point, rows)
    if one_sided:
        here = surface.loss(point, rows).total
        return np.array([(loss(i, h) - here) / float((point[i] + h) - point[i]) for i in chosen])
    return np.array([(loss(i, h) - loss(i, -h)) / _step(point[i], h) for i in chosen])


def check_gradient(
    surface: LossSurface,
    weights: NDArray[Any],
    h: float = H,
    rows: Rows = None,
    coordinates: NDArray[np.intp] | None = None,
    differences: Differences | None = None,
    tolerance: float = TOLERANCE,
    one_sided: bool = False,
) -> GradientCheck:
    """Compare the analytic gradient with the numerical one, with a reason for each difference.

    `differences` replaces the black-box differences if a faster form is known; `one_sided` says what these are. A
    coordinate agrees if |a - n| <= tolerance * max(|a|, |n|) + rounding. Others are compared again with smaller h: a
    coordinate is right if they then agree, or if it has a kink and the analytic value lies between the slopes on both
    sides. It is wrong if the differences do not change any more; the check cannot tell if they do, or if rounding could
    hide MOST_HIDDEN of the gradient.
    Raises ValueError for no coordinates, for weights or h that `numerical_gradient` refuses, and for an objective that
    is not float64.
    """
    point = _point(surface, weights, h)
    chosen = np.arange(surface.size) if coordinates is None else np.asarray(coordinates, dtype=np.intp)
    if not len(chosen):
        raise ValueError("a gradient check needs at least one coordinate")
    here, gradient = surface.loss_and_gradient(point, rows)
    if gradient.dtype != np.float64:
        raise ValueError(f"the objective computes in {gradient.dtype}; a gradient check needs one built with float64")
    if differences is None:

        def differences(h: float, coordinates: NDArray[np.intp]) -> Floats:
            return numerical_gradient(surface, point, h, rows, coordinates, one_sided)

    order = 1 if one_sided else 2
    diagnosis = _Diagnosis(differences, _along(surface, point, rows), here.total, h, tolerance, order)
    analytic, numerical = gradient[chosen], differences(h, chosen)
    reasons = diagnosis.reasons(chosen, analytic, numerical)
    unexplained = (reasons == "") | (reasons == "wrong") | (reasons == "cannot tell")
    kinks, wrong, unsettled = (int((reasons == one).sum()) for one in ("kink within h", "wrong", "cannot tell"))
    size = max(float(np.linalg.norm(analytic)), float(np.linalg.norm(numerical)))
    per_weight = max(size / len(chosen) ** 0.5, FLAT * max(abs(here.total), 1.0))
    hidden = diagnosis.rounding(h) / per_weight
    verdict: Verdict = "failed" if wrong else "passed but for kinks" if kinks else "passed"
    if not wrong and (unsettled or hidden > MOST_HIDDEN):
        verdict = "cannot tell"
    difference = np.nan_to_num(np.abs(analytic - numerical), nan=np.inf)
    ranked = np.lexsort((-difference, reasons != "cannot tell", reasons != "wrong"))
    return GradientCheck(
        h=h,
        tolerance=tolerance,
        size=surface.size,
        checked=len(chosen),
        norm_error=norm_error(analytic, numerical),
        norm_error_off_kinks=norm_error(analytic[unexplained], numerical[unexplained]),
        worst=tuple(
            Coordinate(
                index=int(chosen[i]),
                analytic=float(analytic[i]),
                numerical=float(numerical[i]),
                relative_error=norm_error(analytic[i : i + 1], numerical[i : i + 1]),
                reason=reasons[i],
            )
            for i in ranked[:WORST].tolist()
        ),
        kinks=kinks,
        wrong=wrong,
        unsettled=unsettled,
        hidden=hidden,
        verdict=verdict,
    )


def norm_error(analytic: Floats, numerical: Floats) -> float:
    """Return ||a - n|| / max(||a||, ||n||): 0 if both are zero, inf if either is not finite."""
    if not (np.isfinite(analytic).all() and np.isfinite(numerical).all()):
        return float("inf")
    scale = max(float(np.linalg.norm(analytic)), float(np.linalg.norm(numerical)))
    return float(np.linalg.norm(analytic - numerical)) / scale if scale else 0.0


def relative_errors(analytic: Floats, numerical: Floats) -> Floats:
    """Return |a - n| / max(|a|, |n|) of each coordinate (k,): 0 if both are zero, inf if either is not finite."""
    known = np.isfinite(analytic) & np.isfinite(numerical)
    scale = np.maximum(np.abs(analytic), np.abs(numerical))
    with np.errstate(all="ignore"):
        found = np.where(scale == 0, 0.0, np.abs(analytic - numerical) / scale)
    return np.where(known, found, np.inf)


@dataclass(frozen=True, slots=True)
class _Diagnosis:
    """Finds why two gradients differ; `loss` is the loss with one weight moved, `here` the loss with none moved.

    The error of the differences of a smooth function shrinks with h to the power of `order`.
    """

    differences: Differences
    loss: Callable[[int, float], float]
    here: float
    h: float
    tolerance: float
    order: int

    def rounding(self, h: float) -> float:
        """Return the largest rounding error of a difference: one over h instead of 2 h has twice as much."""
        return _rounding(self.here, h) * (2 / self.order)

    def reasons(self, chosen: NDArray[np.intp], analytic: Floats, numerical: Floats) -> NDArray[Any]:
        """Return the Reason of each coordinate, as an array (k,) of str objects."""
        reasons = np.full(len(chosen), "", dtype=object)
        error = np.abs(analytic - numerical)
        scale = np.maximum(np.abs(analytic), np.abs(numerical))
        differing = np.flatnonzero(~(error <= self.tolerance * scale + self.rounding(self.h)))
        reasons[differing] = "wrong"
        shrinks, settled, last = np.zeros(len(chosen), dtype=bool), np.ones(len(chosen), dtype=bool), numerical.copy()
        factor = 10.0**self.order
        for h in (self.h / 10, self.h / 100):
            own, rounding = error[differing], self.rounding(h)
            found = self.differences(h, chosen[differing]) if len(differing) else last[differing]
            closer = np.abs(analytic[differing] - found)
            if h == self.h / 10:
                # The error of a smooth function shrinks with a power of h; at a kink it vanishes at once or stays.
                shrinks[differing] = np.abs(own - factor * closer) <= 0.1 * own + factor * rounding
            # What is no number is a mistake: no other h would make it one.
            settled[differing] = ~(np.abs(found - last[differing]) > SETTLED * closer + rounding)
            last[differing] = found
            agrees = closer <= self._slack(h, np.abs(analytic[differing]), own)
            explained, differing = differing[agrees], differing[~agrees]
            reasons[explained] = np.where(shrinks[explained], "h too large", "kink within h")
        reasons[differing[~settled[differing]]] = "cannot tell"
        self._look_closer(reasons, chosen, analytic, error)
        for i in differing[np.argsort(-error[differing], kind="stable")][:MOST_EXAMINED].tolist():
            if self._between_slopes(int(chosen[i]), float(analytic[i]), float(error[i])):
                reasons[i] = "kink within h"
        return reasons

    def _look_closer(self, reasons: NDArray[Any], chosen: NDArray[np.intp], analytic: Floats, error: Floats) -> None:
        """Acquit, in place, wrong coordinates that agree at an h far below the one that was asked for."""
        h = self.h / 1000
        while h >= 0.99 * SMALLEST_H and (wrong := np.flatnonzero(reasons == "wrong")).size:
            difference = np.abs(analytic[wrong] - self.differences(h, chosen[wrong]))
            reasons[wrong[difference <= self._slack(h, np.abs(analytic[wrong]), error[wrong])]] = "cannot tell"
            h /= 10

    def _slack(self, h: float, size: Floats, error: Floats) -> Floats:
        """Return the tolerated differences (k,), at most half of `error`, however large rounding is at a small h."""
        return np.minimum(self.tolerance * size + self.rounding(h), error / 2)

    def _between_slopes(self, i: int, analytic: float, error: float) -> bool:
        if not self._has_kink(i):
            return False
        for h in (self.h, self.h / 10, self.h / 100):
            left = (self.here - self.loss(i, -h)) / h
            right = (self.loss(i, h) - self.here) / h
            slack = float(self._slack(h, np.array([max(abs(left), abs(right))]), np.array([error]))[0])
            if min(left, right) - slack <= analytic <= max(left, right) + slack:
                return True
        return False

    def _has_kink(self, i: int) -> bool:
        """True unless the second difference shrinks with h squared, as that of a smooth function does."""
        wide, narrow = self._second_difference(i, self.h), self._second_difference(i, self.h / 10)
        rounding = 101 * 8 * float(np.finfo(np.float64).eps) * abs(self.here)
        return abs(wide - 100 * narrow) > 0.1 * abs(wide) + rounding

    def _second_difference(self, i: int, h: float) -> float:
        return self.loss(i, h) - 2 * self.here + self.loss(i, -h)


def _point(surface: LossSurface, weights: NDArray[Any], h: float) -> Floats:
    if not h > 0:
        raise ValueError(f"h must be greater than 0, not {h}")
    if weights.shape != (surface.size,) or weights.dtype != np.float64:
        raise ValueError(
            f"weights of shape {weights.shape} and type {weights.dtype} do not fit; "
            f"a gradient check of this objective needs ({surface.size},) and float64"
        )
    return weights.copy()


def _along(surface: LossSurface, point: Floats, rows: Rows) -> Callable[[int, float], float]:
    """Return the total loss as a function of an offset to weight i."""

    def loss(i: int, offset: float) -> float:
        before = point[i]
        point[i] = before + offset
        try:
            return surface.loss(point, rows).total
        finally:
            point[i] = before

    return loss


def _step(weight: float, h: float) -> float:
    """Return the distance between the rounded weight + h and weight - h."""
    return float((weight + h) - (weight - h))


def _rounding(loss: float, h: float) -> float:
    """Return the largest rounding error of a centred difference of this loss."""
    return 16 * float(np.finfo(np.float64).eps) * max(abs(loss), 1.0) / h
