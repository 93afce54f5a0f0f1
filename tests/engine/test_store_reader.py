"""Reader: any stretch of any run, in bounded time and rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.spec import defaults
from engine.store import Reader, open_for_reading, open_for_writing
from tests.stores import block_of, claimed_writer, process, query

N = 20_000


@pytest.fixture(scope="module")
def losses() -> NDArray[np.float64]:
    values = np.random.default_rng(0).lognormal(size=N)
    values[[3, 5000]] = np.nan, np.inf
    values[6000:6100] = np.nan
    return values


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, losses: NDArray[np.float64]) -> Iterator[Reader]:
    path = tmp_path_factory.mktemp("store") / "runs.db"
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        for start in range(0, N, 3333):
            writer.write(block_of(losses[start : start + 3333], start))
        reader = open_for_reading(path)
        yield reader
        reader.close()


@pytest.mark.parametrize("columns", [1, 10, 60, 240, 5000])
@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 0), (17, 1800), (5990, 6200), (12_345, 19_999), (3, 10**9)])
def test_a_curve_agrees_with_the_iterations_under_each_of_its_rows(
    reader: Reader, losses: NDArray[np.float64], columns: int, first: int, last: int | None
) -> None:
    curve = reader.curve(1, columns, first, last)
    end = N - 1 if last is None else min(last, N - 1)
    span = end - first + 1
    assert curve.iteration[0] <= first
    assert curve.iteration[-1] <= end < curve.iteration[-1] + curve.width
    assert len(curve.iteration) <= 4 * columns + 2
    assert len(curve.iteration) >= min(span, columns * 3 // 8)
    for i, start in enumerate(curve.iteration):
        under = losses[start : start + curve.width]
        if curve.width <= 4:
            under = losses[start : min(start + curve.width, end + 1)]
        finite = under[np.isfinite(under)]
        assert curve.count[i] == len(finite)
        assert curve.last[i] == under[-1] or math.isnan(curve.last[i] + under[-1])
        assert math.isclose(curve.elapsed_s[i], 0.001 * (start + len(under)), rel_tol=1e-9)
        if len(finite):
            assert (curve.low[i], curve.high[i]) == (finite.min(), finite.max())
            assert math.isclose(curve.mean[i], finite.mean(), rel_tol=1e-9)
        else:
            assert math.isnan(curve.low[i])
    before = losses[: curve.iteration[0]]
    assert curve.low_before == min(before[np.isfinite(before)], default=math.inf)


@pytest.mark.parametrize("run_id", [1, 99])
def test_a_curve_of_nothing_is_empty(tmp_path: Path, run_id: int) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add([defaults()])
        curve = store.reader().curve(run_id, 240)
    assert len(curve.iteration) == len(curve.low) == len(curve.elapsed_s) == 0
    assert curve.low_before == math.inf


def test_a_window_beyond_the_run_is_empty(reader: Reader) -> None:
    assert len(reader.curve(1, 240, first=N + 5).iteration) == 0
    assert len(reader.curve(1, 240, first=100, last=50).iteration) == 0


def test_iterations_come_in_bounded_pieces(reader: Reader, losses: NDArray[np.float64]) -> None:
    block = reader.iterations(1, first=100, limit=50)
    assert (block.first_iteration, len(block)) == (100, 50)
    np.testing.assert_array_equal(block.loss, losses[100:150])
    assert block.data_loss is None
    assert block.elapsed_s == pytest.approx(0.001 * np.arange(101, 151))
    assert len(reader.iterations(1, first=N)) == 0


def test_single_iterations_of_several_runs_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        for pid, values in enumerate(([1.0, np.nan, 3.0], [4.0], []), start=1):
            writer = claimed_writer(store, pid=pid)
            if values:
                writer.write(block_of(values))
    with closing(open_for_reading(path)) as reader:
        found = reader.iterations_at({1: 1, 2: 0, 3: 0, 4: 7})
        assert list(found) == [1, 2]
        assert [(block.first_iteration, len(block)) for block in found.values()] == [(1, 1), (0, 1)]
        np.testing.assert_array_equal([block.loss[0] for block in found.values()], [np.nan, 4.0])
        for run_id, block in found.items():
            alone = reader.iterations(run_id, block.first_iteration, limit=1)
            assert block.columns().keys() == alone.columns().keys()
            np.testing.assert_array_equal(block.elapsed_s, alone.elapsed_s)
        assert reader.iterations_at({}) == {}


def test_what_is_not_there_is_none(reader: Reader) -> None:
    assert reader.run(99) is None
    assert reader.worker(99) is None
    assert reader.checkpoint(99) is None
    assert (reader.evaluations(99), reader.commands(99)) == ([], [])


def test_two_thousand_runs_are_counted_and_listed_in_pages(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add([defaults().changed(seed=seed) for seed in range(20)] * 100)
        store.queue.claim(store.register_worker(process()))
        reader = store.reader()
        assert reader.counts() == {"queued": 1999, "running": 1}
        assert [run.run_id for run in reader.runs(limit=3)] == [2_000, 1_999, 1_998]
        assert [run.run_id for run in reader.runs(limit=2, offset=1_998)] == [2, 1]


def test_reading_leaves_no_transaction_open_so_the_journal_can_be_folded(reader: Reader) -> None:
    reader.runs()
    reader.curve(1, 240)
    assert not reader._connection._raw.in_transaction
    [(busy, in_journal, folded)] = query(Path(reader.path), "PRAGMA wal_checkpoint(TRUNCATE)")
    assert (busy, in_journal, folded) == (0, 0, 0)


def test_a_reader_cannot_write(reader: Reader) -> None:
    with pytest.raises(Exception, match="read-only"):
        reader._connection.rows("DELETE FROM runs")
    assert reader.run(1) is not None


def test_a_store_is_told_from_another_one_by_when_it_was_made(tmp_path: Path) -> None:
    created_at = []
    for name in ("one.db", "two.db"):
        open_for_writing(tmp_path / name).close()
        with closing(open_for_reading(tmp_path / name)) as reader:
            created_at += [reader.created_at(), reader.created_at()]
    assert created_at[0] == created_at[1] < created_at[2] == created_at[3]
    query(tmp_path / "one.db", "DROP TABLE _sqlite_migrations")
    with closing(open_for_reading(tmp_path / "one.db")) as reader:
        assert reader.created_at() == ""
