"""Activations: functions of each number by itself, forward and backward."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike

from engine.objective.layers import Array, Bound, Matrix, Shape, Signal, Wiring, given, like

GELU_SLOPE, GELU_CUBE = math.sqrt(2 / math.pi), 0.044715


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of each number by itself: relu, tanh, sigmoid or gelu.

    relu max(0, x), whose derivative at the kink is taken as 0; sigmoid 1 / (1 + exp(-x)); gelu x Phi(x) in the form
    x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016).
    """

    name: str

    def output(self, shape: Shape) -> Shape:
        return shape

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        return ACTIVATIONS[self.name](given(source), to)


def _in_place(source: Signal) -> Signal:
    return replace(source, spare=False) if source.spare else like(source)


def _relu(source: Signal, to: Wiring) -> Bound:
    target, zero = _in_place(source), np.zeros((), to.dtype)
    # Wholes where they can be had, because one long loop is faster than many short ones: 0 and 1 stay what they are.
    same = source.whole.shape == target.whole.shape
    before, after = (source.whole, target.whole) if same else (source.value, target.value)
    slope_after, slope_before = (target.whole_slope, source.whole_slope) if same else (target.slope, source.slope)
    integers: DTypeLike = np.int32 if after.dtype == np.float32 else np.int64
    bits, slope_bits, out = after.view(integers), slope_after.view(integers), slope_before.view(integers)
    positive, sign = np.empty_like(bits), after.itemsize * 8 - 1

    def forward(X: Array) -> None:
        np.maximum(before, zero, out=after)

    def backward(X: Array) -> None:
        # All bits set where the value is above 0: copying by bits takes half of the time that a product does.
        np.negative(bits, positive)
        np.right_shift(positive, sign, positive)
        np.bitwise_and(slope_bits, positive, out)

    return Bound(target, forward, backward)


def _tanh(source: Signal, to: Wiring) -> Bound:
    target, steepness = _in_place(source), np.empty_like(source.value)

    def forward(X: Array) -> None:
        np.tanh(source.value, target.value)

    def backward(X: Array) -> None:
        np.multiply(target.value, target.value, steepness)
        np.subtract(1, steepness, steepness)
        np.multiply(target.slope, steepness, source.slope)

    return Bound(target, forward, backward)


def _sigmoid(source: Signal, to: Wiring) -> Bound:
    target, steepness = _in_place(source), np.empty_like(source.value)

    def forward(X: Array) -> None:
        # (1 + tanh(x/2)) / 2 is the same function, and overflows nowhere.
        np.multiply(source.value, 0.5, target.value)
        np.tanh(target.value, target.value)
        np.add(target.value, 1, target.value)
        np.multiply(target.value, 0.5, target.value)

    def backward(X: Array) -> None:
        np.subtract(1, target.value, steepness)
        np.multiply(steepness, target.value, steepness)
        np.multiply(target.slope, steepness, source.slope)

    return Bound(target, forward, backward)


def _gelu(source: Signal, to: Wiring) -> Bound:
    target, bend, steepness = like(source), np.empty_like(source.value), np.empty_like(source.value)
    x = source.value

    def forward(X: Array) -> None:
        np.multiply(x, x, bend)
        np.multiply(bend, GELU_SLOPE * GELU_CUBE, bend)
        np.add(bend, GELU_SLOPE, bend)
        np.multiply(bend, x, bend)
        np.tanh(bend, bend)
        np.add(bend, 1, target.value)
        np.multiply(target.value, x, target.value)
        np.multiply(target.value, 0.5, target.value)

    def backward(X: Array) -> None:
        # (1 + t)/2 + x/2 (1 - t^2) sqrt(2/pi) (1 + 3 * 0.044715 x^2), with t the tanh
        np.multiply(x, x, steepness)
        np.multiply(steepness, 3 * GELU_SLOPE * GELU_CUBE, steepness)
        np.add(steepness, GELU_SLOPE, steepness)
        np.multiply(steepness, x, steepness)
        np.multiply(steepness, 1 - bend * bend, steepness)
        np.add(steepness, bend, steepness)
        np.add(steepness, 1, steepness)
        np.multiply(steepness, 0.5, steepness)
        np.multiply(target.slope, steepness, source.slope)

    return Bound(target, forward, backward)


ACTIVATIONS: dict[str, Callable[[Signal, Wiring], Bound]] = {
    "relu": _relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "gelu": _gelu,
}
