"""Sampling: what is read further is what would be read anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store import Reader, open_for_reading, open_for_writing
from tests.presence import present
from tests.stores import block_of, claimed_writer
from tui.reading.curves.sampling import sampled

DONE = 3000


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    path = tmp_path_factory.mktemp("sampling") / "runs.db"
    store = open_for_writing(path)
    values = np.random.default_rng(0).random(DONE)
    claimed_writer(store).write(replace(block_of(values), gradient_norm=values, step_size=2 * values))
    reader = open_for_reading(path)
    yield reader
    reader.close()
    store.close()


@given(
    st.integers(0, 200),
    st.integers(1, 400),
    st.lists(st.integers(0, DONE - 1), min_size=1, max_size=6),
)
def test_samples_that_are_read_further_are_those_that_would_be_read_anew(
    reader: Reader, first: int, columns: int, lasts: list[int]
) -> None:
    run = present(reader.run(1))
    held = None
    for last in (max(last, first) for last in lasts):
        held = sampled(reader, run, columns, first, last, held)
        anew = reader.samples(1, columns, first, last)
        for column in fields(anew):
            assert np.array_equal(getattr(held.samples, column.name), getattr(anew, column.name), equal_nan=True)


def test_what_another_worker_has_done_again_is_read_again(reader: Reader) -> None:
    run = present(reader.run(1))
    spoilt = sampled(reader, run, 100, 0, 500)
    spoilt = replace(spoilt, samples=replace(spoilt.samples, gradient_norm=spoilt.samples.gradient_norm + 1))
    assert sampled(reader, run, 100, 0, 600, spoilt).samples.gradient_norm[0] > 1
    taken_up = sampled(reader, present(replace(run, attempt=run.attempt + 1)), 100, 0, 600, spoilt)
    assert taken_up.samples.gradient_norm.max() <= 1
