"""A training pass of an mlp and of a convnet against the bare matrix products that it is made of.

Where torch is installed, also against the same convnet in torch, step by step and without compiling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise

import numpy as np

from bench.engine_speed import images
from bench.report import Row
from bench.timing import medians
from engine.datasets import Image, StoredSplit
from engine.objective.objectives import NetworkOptions, Objective, objective

CLASSES, PIXELS = 10, 3072
IMAGE = Image(32, 32, channels=3)


def rows() -> Iterator[Row]:
    """Forward and backward, examples gathered, gradient of every weight."""
    stored, _ = images(2000)
    yield _mlp(stored)
    yield from _convnet(stored)


def _run(of: Objective, n: int) -> Callable[[], float]:
    run, rows = of.training(n), np.random.default_rng(0).integers(0, len(of), n)
    of.layout.pad(of.initial_weights(np.random.default_rng(1), 1.0), run.weights)
    correct_index = of.correct_index(of.split.y[rows])
    return lambda: run.run(rows, correct_index)


def _products(sizes: Sequence[tuple[int, int, int, bool]], times: int = 1) -> Callable[[], None]:
    """The products of layers (outputs, inputs, places, whether the slope of the inputs is wanted), so many times."""
    generator, layers = np.random.default_rng(0), []
    for outputs, inputs, positions, wanted in sizes:
        W, X, S = (
            generator.standard_normal(shape).astype(np.float32)
            for shape in ((outputs, inputs), (inputs, positions), (outputs, positions))
        )
        layers.append((W, X, S, np.empty_like(S), np.empty_like(W), np.empty_like(X) if wanted else None))

    def products() -> None:
        for _ in range(times):
            for W, X, S, scores, gradient, slope in layers:
                np.matmul(W, X, out=scores)
                np.matmul(S, X.T, out=gradient)
                if slope is not None:
                    np.matmul(W.T, S, out=slope)

    return products


def _rows_products(n: int, sizes: Sequence[int]) -> Callable[[], None]:
    """The products of an mlp, with the examples in rows as they lie there."""
    generator, layers = np.random.default_rng(0), []
    for place, (inputs, outputs) in enumerate(pairwise(sizes)):
        X, W, S = (
            generator.standard_normal(shape).astype(np.float32)
            for shape in ((n, inputs), (outputs, inputs), (n, outputs))
        )
        layers.append((X, W, S, np.empty_like(S), np.empty_like(W), np.empty_like(X) if place else None))

    def products() -> None:
        for X, W, S, scores, gradient, slope in layers:
            np.matmul(X, W.T, out=scores)
            np.matmul(S.T, X, out=gradient)
            if slope is not None:
                np.matmul(S, W, out=slope)

    return products


def _mlp(stored: StoredSplit) -> Row:
    of = objective("mlp", stored, CLASSES, options=NetworkOptions(hidden=(128, 64), start="he"), unit=64)
    taken = medians({"engine": _run(of, 256), "bare": _rows_products(256, (PIXELS, 128, 64, CLASSES))}, 100, True)
    return Row(
        "mlp 3072-128-64-10, batch 256, forward and backward",
        f"{taken['engine'] * 1e3:.2f} ms",
        f"bare products {taken['bare'] * 1e3:.2f} ms",
        taken["engine"] / taken["bare"],
        1.15,
        at_most=True,
    )


def _convnet(stored: StoredSplit) -> Iterator[Row]:
    options, n = NetworkOptions(channels=(16, 32), start="he"), 64
    of = objective("convnet", stored, CLASSES, options=options, image=IMAGE, unit=64)

    def sizes(n: int) -> list[tuple[int, int, int, bool]]:
        return [(16, 27, n * 1024, False), (32, 144, n * 256, True), (CLASSES, 2048, n, True)]

    group = of.examples.group
    alternatives = {
        "engine": _run(of, n),
        "whole": _products(sizes(n)),
        "groups": _products(sizes(group), n // group),
    }
    limits = [("whole", "products of the whole batch", 1.5), ("groups", f"products of {group} images each", 1.5)]
    if find_spec("torch"):
        alternatives["torch"] = _in_torch(stored, n)
        limits.append(("torch", "torch", 1.2))
    taken = medians(alternatives, 50, True)
    for name, told, limit in limits:
        yield Row(
            f"convnet 16, 32 channels, batch {n}, forward and backward",
            f"{taken['engine'] * 1e3:.1f} ms",
            f"{told} {taken[name] * 1e3:.1f} ms",
            taken["engine"] / taken[name],
            limit,
            at_most=True,
        )


def _in_torch(stored: StoredSplit, n: int) -> Callable[[], None]:
    import torch

    torch.set_num_threads(1)
    nn, rows = torch.nn, torch.from_numpy(np.random.default_rng(0).integers(0, len(stored), n))
    net = nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(2048, CLASSES)),
    )
    X = torch.from_numpy(np.ascontiguousarray(stored.X[:, :PIXELS]).reshape(-1, 3, 32, 32))
    y = torch.from_numpy(stored.y)

    def step() -> None:
        net.zero_grad()
        nn.functional.cross_entropy(net(X[rows]), y[rows]).backward()

    return step
