"""One SVM loss and gradient against its two bare matrix products, and gradient descent against the plain loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench import plain
from bench.report import Row
from bench.timing import medians
from engine import datasets
from engine.datasets import Split, StoredSplit
from engine.objective import kernels
from engine.objective.layout import padded_columns
from engine.objective.objectives import Array, objective
from engine.spec import RunSpec
from engine.strategy import optimize

CLASSES, PIXELS = 10, 3072
STRENGTH = 0.001
ITERATIONS = 3000


def rows() -> Iterator[Row]:
    """The engine's speed, case by case."""
    yield from _batch()
    yield from _full_batch(10_000)
    yield from _full_batch(50_000)
    for batch_size in (1, 32):
        for metrics in ("loss", "all"):
            yield _digits(batch_size, metrics)


def images(n: int) -> tuple[StoredSplit, Array]:
    """N random images as they are stored, and random weights (C, D)."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (n, PIXELS), dtype=np.uint8)
    split = StoredSplit(images, generator.integers(0, CLASSES, n), np.full(PIXELS, 127.5, np.float32))
    return split, (generator.standard_normal((CLASSES, PIXELS + 1)) * 1e-4).astype(np.float32)


def _padded(X: Array) -> Array:
    padded = np.zeros((len(X), padded_columns(X.shape[1])), X.dtype)
    padded[:, : X.shape[1]] = X
    return padded


def _bare(X: Array, W: Array, block: int) -> tuple[Array, Array]:
    """The scores (N, C) and V.T X (C, D), and nothing else, over blocks of so many rows of padded X."""
    blocks = X[: len(X) // block * block].reshape(-1, block, X.shape[1])
    scores = np.matmul(blocks, W.T)
    return scores, np.matmul(scores.transpose(0, 2, 1), blocks)


def _batch() -> Iterator[Row]:
    stored, W = images(256)
    X, y = stored.X, stored.y
    of = objective("svm", Split(X, y), CLASSES, regularization_strength=STRENGTH)
    X_padded, W_padded, correct_index = _padded(X), _padded(W), of.correct_index(y)
    run = of.passing(256)
    of.layout.pad(W.ravel(), run.weights)
    pull = np.empty_like(run.weights)

    def engine() -> float:
        """What gradient descent does for the total loss and its gradient."""
        data_loss = run.run(None, correct_index)
        np.multiply(of.penalty, run.weights, pull)
        np.add(run.gradient, pull, run.gradient)
        return data_loss + 0.5 * float(pull.dot(run.weights))

    taken = medians(
        {
            "engine": engine,
            "bare": lambda: _bare(X_padded, W_padded, 256),
            "bare in blocks": lambda: _bare(X_padded, W_padded, 32),
            "plain": lambda: plain.svm_loss_and_gradient(W, X, y, STRENGTH),
        },
        rounds=200,
        in_a_loop=True,
    )
    bare = min(taken["bare"], taken["bare in blocks"])
    case, ours = "SVM loss and gradient, 256 x 3073", f"{taken['engine'] * 1e6:.0f} us"
    yield Row(case, ours, f"two bare products {bare * 1e6:.0f} us", taken["engine"] / bare, 1.2, at_most=True)
    yield Row(case, ours, f"plain {taken['plain'] * 1e6:.0f} us", taken["plain"] / taken["engine"], 2.0, at_most=False)


def _full_batch(n: int) -> Iterator[Row]:
    stored, W = images(n)
    of = objective("svm", stored, CLASSES, regularization_strength=STRENGTH)
    weights, X, W_padded = W.ravel(), _padded(stored.X), _padded(W)
    taken = medians(
        {
            "engine": lambda: of.loss_and_gradient(weights),
            "bare": lambda: _bare(X, W_padded, n),
            "bare in blocks": lambda: _bare_groups(X, W_padded),
            "plain": lambda: plain.svm_loss_and_gradient(W, X[:, : PIXELS + 1], stored.y, STRENGTH),
        },
        rounds=7,
    )
    engine, bare = taken["engine"], min(taken["bare"], taken["bare in blocks"])
    yield Row(
        f"the same, full batch of {n:,}, stored as bytes",
        f"{engine * 1e3:.1f} ms",
        f"two bare products {bare * 1e3:.1f} ms",
        engine / bare,
        1.15,
        at_most=True,
    )


def _bare_groups(X: Array, W: Array) -> None:
    block = kernels.block_rows(256, CLASSES, X.shape[1])
    for start in range(0, len(X) // 256 * 256, 256):
        _bare(X[start : start + 256], W, block)


def _digits(batch_size: int, metrics: str) -> Row:
    split = datasets.load("digits").splits["train"]
    optimization = optimize.build(
        RunSpec(batch_size=batch_size, step_size=0.01, metrics=metrics, iterations=None, seconds=1.0)
    )
    start = optimization.start()
    W = start.weights.reshape(CLASSES, -1)
    taken = medians(
        {
            "engine": lambda: optimization.advance(start, ITERATIONS),
            "plain": lambda: plain.descend(split.X, split.y, W, batch_size, 0.01, STRENGTH, ITERATIONS),
        },
        rounds=7,
    )
    recorded = "loss recorded" if metrics == "loss" else "all metrics recorded"
    return Row(
        f"gradient descent on digits, batch {batch_size}, {recorded}",
        f"{ITERATIONS / taken['engine']:,.0f}/s",
        f"plain loop {ITERATIONS / taken['plain']:,.0f}/s",
        taken["plain"] / taken["engine"],
        1.8,
        at_most=False,
    )
