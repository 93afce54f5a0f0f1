"""What recording every iteration costs: CPU time beside the loop's own, and bytes on disk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.report import Row
from bench.stores import claimed_writer
from engine.spec import defaults
from engine.store import open_for_writing
from engine.strategy import optimize
from engine.trace.block import Block, concatenate

BLOCKS_PER_FLUSH = 2
BLOCK_S = 0.04
FLUSHES = 40
SIZED = 1_000_000
LOSS_BYTES = 35
RECORDED = {"loss": "loss only", "all": "all columns"}


def rows() -> Iterator[Row]:
    """Gradient descent on digits, recorded as a worker does it; and the size of a million iterations."""
    for batch_size, metrics in ((1, "loss"), (32, "loss"), (256, "loss"), (256, "all")):
        yield _cost(batch_size, metrics)
    yield _size()


def _cost(batch_size: int, metrics: str) -> Row:
    spec = defaults().changed(batch_size=batch_size, iterations=None, seconds=1e6, metrics=metrics)
    optimization = optimize.build(spec)
    loop, recording = [], []
    with TemporaryDirectory() as folder, open_for_writing(Path(folder) / "runs.db") as store:
        writer = claimed_writer(store, spec)
        state, k, elapsed_s = optimization.start(), 1000, 0.0
        for flush in range(-5, FLUSHES):
            computed = written = 0.0
            blocks: list[Block] = []
            for _ in range(BLOCKS_PER_FLUSH):
                started = time.process_time()
                state, block = optimization.advance(state, k)
                took = time.process_time() - started
                if flush < 0:
                    k = max(1, int(k * BLOCK_S / took))
                started = time.process_time()
                blocks.append(block.stamped(elapsed_s, elapsed_s + took))
                written += time.process_time() - started
                computed, elapsed_s = computed + took, elapsed_s + took
            started = time.process_time()
            writer.write(concatenate(blocks))
            written += time.process_time() - started
            if flush >= 0:
                count = sum(map(len, blocks))
                loop.append(computed / count * 1e6)
                recording.append(written / count * 1e6)
    return Row(
        f"recording digits, batch {batch_size}, {RECORDED[metrics]}: share of the loop",
        f"{median(recording):.2f} us",
        f"loop {median(loop):.1f} us an iteration",
        sum(recording) / sum(loop),
        0.05,
        at_most=True,
    )


def _size() -> Row:
    optimization = optimize.build(defaults().changed(batch_size=1, iterations=SIZED, metrics="loss"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with open_for_writing(path) as store:
            empty = path.stat().st_size
            writer = claimed_writer(store, optimization.spec)
            state, elapsed_s = optimization.start(), 0.0
            while state.iteration < SIZED:
                state, block = optimization.advance(state, 5000)
                writer.write(block.stamped(elapsed_s, elapsed_s + 0.1))
                elapsed_s += 0.1
        size = (path.stat().st_size - empty) / SIZED
    return Row(
        f"bytes per iteration of {SIZED:,}, loss only",
        f"{size:.1f} bytes",
        f"limit {LOSS_BYTES} bytes, pyramid included",
        size / LOSS_BYTES,
        1.0,
        at_most=True,
    )
