"""The stacked searches against one try at a time: the same draws, the same best, the same acceptances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench import plain
from bench.engine_speed import CLASSES, STRENGTH, images
from bench.report import Row
from bench.timing import medians
from engine.objective.objectives import objective
from engine.strategy import streams
from engine.strategy.search import LocalSearch, RandomSearch

SCALE, STEP_SIZE, SEED = 1e-4, 1e-5, 0


def rows() -> Iterator[Row]:
    """Random search and random local search in CIFAR-10's shape."""
    yield _random_search(10_000, tries=128, rounds=5)
    yield _random_search(50_000, tries=65, rounds=3)
    yield _local_search(10_000, tries=129, rounds=5)


def _random_search(n: int, tries: int, rounds: int) -> Row:
    split, _ = images(n)
    X = split.X
    of = objective("svm", split, CLASSES, regularization_strength=STRENGTH)

    def stacked() -> tuple[np.ndarray, np.ndarray]:
        strategy = RandomSearch(of, SCALE, SEED)
        state, block = strategy.advance(strategy.start(), tries)
        return block.loss, state.weights

    def one_at_a_time() -> tuple[list[float], np.ndarray]:
        draws = streams.stream(SEED, "draws")
        return plain.random_search(
            lambda: of.initial_weights(draws, SCALE).reshape(CLASSES, -1), X, split.y, STRENGTH, tries
        )

    (losses, kept), (plain_losses, plain_kept) = stacked(), one_at_a_time()
    same = np.allclose(losses, plain_losses, rtol=1e-4) and np.array_equal(kept, plain_kept.ravel())
    taken = medians({"stacked": stacked, "plain": one_at_a_time}, rounds)
    return Row(
        f"random search, {n:,} x 3073, {'the same best' if same else 'ANOTHER BEST'}",
        f"{tries / taken['stacked']:.1f}/s",
        f"one at a time {tries / taken['plain']:.1f}/s",
        taken["plain"] / taken["stacked"],
        3.5,
        at_most=False,
        also=same,
    )


def _local_search(n: int, tries: int, rounds: int) -> Row:
    split, _ = images(n)
    X = split.X
    of = objective("svm", split, CLASSES, regularization_strength=STRENGTH)

    def stacked() -> tuple[np.ndarray, np.ndarray]:
        strategy = LocalSearch(of, STEP_SIZE, SCALE, SEED)
        state, block = strategy.advance(strategy.start(), tries)
        return block.loss, state.weights

    def one_at_a_time() -> tuple[list[float], np.ndarray]:
        draws = streams.stream(SEED, "draws")
        start = of.initial_weights(streams.stream(SEED, "weights"), SCALE).reshape(CLASSES, -1)
        return plain.local_search(
            lambda: of.draws(draws, 1)[0].reshape(CLASSES, -1), start, X, split.y, STRENGTH, STEP_SIZE, tries
        )

    (losses, kept), (plain_losses, plain_kept) = stacked(), one_at_a_time()
    same = np.allclose(losses, plain_losses, rtol=1e-4) and np.allclose(kept, plain_kept.ravel(), rtol=1e-5, atol=1e-9)
    taken = medians({"stacked": stacked, "plain": one_at_a_time}, rounds)
    return Row(
        f"random local search, {n:,} x 3073, {'the same acceptances' if same else 'OTHER ACCEPTANCES'}",
        f"{tries / taken['stacked']:.1f}/s",
        f"one at a time {tries / taken['plain']:.1f}/s",
        taken["plain"] / taken["stacked"],
        3.0,
        at_most=False,
        also=same,
    )
