"""Reading a chart of 240 columns, whole or any zoom, from runs of a thousand to ten million iterations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from bench.report import Row
from bench.stores import block, claimed_writer
from engine.store import Reader, open_for_reading, open_for_writing

LENGTHS = (1_000, 100_000, 1_000_000, 10_000_000)
COLUMNS = 240
ZOOMS = 200
REPEATS = 15
LIMIT_MS = 2.0
WRITTEN_AT_ONCE = 20_000


def rows() -> Iterator[Row]:
    """One row for each length: the whole chart, and the slowest of many zooms."""
    for length in LENGTHS:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "runs.db"
            _write(path, length)
            reader = open_for_reading(path)
            try:
                yield from _reading(reader, length)
            finally:
                reader.close()


def _write(path: Path, length: int) -> None:
    generator = np.random.default_rng(0)
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        for first in range(0, length, WRITTEN_AT_ONCE):
            writer.write(block(first, min(WRITTEN_AT_ONCE, length - first), 0.1, generator))


def _reading(reader: Reader, length: int) -> Iterator[Row]:
    whole_ms = median(_ms(reader, 0, length - 1) for _ in range(REPEATS))
    generator = np.random.default_rng(1)
    slowest_ms = 0.0
    for _ in range(ZOOMS):
        span = int(np.exp(generator.uniform(np.log(COLUMNS), np.log(length))))
        first = int(generator.integers(0, length - span + 1))
        # The least of a few: what the machine does besides is not the reader's.
        slowest_ms = max(slowest_ms, min(_ms(reader, first, first + span - 1) for _ in range(9)))
    for title, found_ms in (("whole", whole_ms), (f"slowest of {ZOOMS} zooms", slowest_ms)):
        yield Row(
            f"chart of {length:,} iterations, {title}",
            f"{found_ms:.2f} ms",
            f"limit {LIMIT_MS:g} ms for {COLUMNS} columns",
            found_ms / LIMIT_MS,
            1.0,
            at_most=True,
        )


def _ms(reader: Reader, first: int, last: int) -> float:
    started = time.perf_counter()
    curve = reader.curve(1, COLUMNS, first, last)
    took_ms = (time.perf_counter() - started) * 1e3
    if not len(curve.iteration):
        raise RuntimeError("the chart is empty")
    return took_ms
