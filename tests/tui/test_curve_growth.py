"""A curve brought up to date by its tail is the one that a whole read would give."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from engine.store import open_for_reading, open_for_writing
from engine.trace.curve import Curve
from engine.trace.decimation import decimate
from tests.presence import present
from tests.stores import SECONDS_PER_ITERATION, block_of, claimed_writer
from tui.reading.curves.curve_growth import grown

COLUMNS = 20


@pytest.mark.parametrize("most", [7, 60, 700])
def test_growth_is_what_a_whole_read_would_find(tmp_path: Path, most: int) -> None:
    rng, values = random.Random(most), np.random.default_rng(most)
    widths: set[int] = set()
    rooms: set[int] = set()
    rereads = 0
    with open_for_writing(tmp_path / "runs.db") as store:
        writer = claimed_writer(store)
        reader = open_for_reading(tmp_path / "runs.db")
        losses = np.empty(0)
        held: Curve | None = None
        for _ in range(120):
            part = values.uniform(0.1, 5.0, rng.randint(1, most))
            part[values.random(len(part)) < 0.02] = np.nan
            writer.write(block_of(part, first=len(losses)))
            losses = np.append(losses, part)
            longer = None if held is None else grown(held, reader, present(reader.run(1)), COLUMNS)
            rereads += longer is None
            if longer is not None:
                rooms.add(present(longer.low.base).nbytes)
            held = longer or reader.curve(1, COLUMNS)
            widths.add(held.width)
            starts = np.arange(0, len(losses), held.width)
            wanted = decimate(losses, starts)
            np.testing.assert_array_equal(held.iteration, starts)
            np.testing.assert_array_equal(held.count, wanted.count)
            np.testing.assert_array_equal(held.low, wanted.low)
            np.testing.assert_array_equal(held.high, wanted.high)
            np.testing.assert_allclose(held.mean, wanted.mean, rtol=1e-12)
            ends = np.minimum(starts + held.width, len(losses))
            np.testing.assert_allclose(held.elapsed_s, SECONDS_PER_ITERATION * ends)
        reader.close()
    assert len(widths) > 2
    assert rereads < 20
    assert len(rooms) == 1  # so that memory does not grow with the run
