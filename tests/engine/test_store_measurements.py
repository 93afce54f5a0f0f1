"""Measurements against a plain dictionary: any order of steps, replaced values, and the pyramid over them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jobs.processes.liveness import judge
from engine.store import (
    FencedOff,
    Measured,
    Refused,
    Store,
    open_for_writing,
)
from engine.store.programs.measurements import FEW_VALUES, MetricState, levels_from
from engine.store.schema.inspection import inspect
from tests.presence import present
from tests.stores import begun, measured, news, query

Values = Mapping[int, float]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_for_writing(path) as store:
        yield store


def buckets(path: Path, metric_id: int = 0) -> dict[tuple[int, int], tuple[float, ...]]:
    rows = query(
        path,
        "SELECT level, bucket, n, low, high, total, last, elapsed_us FROM metric_buckets WHERE metric_id = ?",
        metric_id,
    )
    return {row[:2]: tuple(math.nan if value is None else value for value in row[2:]) for row in rows}


def expected_buckets(values: Values, lowest: int) -> dict[tuple[int, int], tuple[float, ...]]:
    """The buckets that a dictionary of steps makes, one at a time."""
    found: dict[tuple[int, int], list[int]] = {}
    for level in levels_from(lowest):
        for step in sorted(values):
            found.setdefault((level, step >> level), []).append(step)
    made: dict[tuple[int, int], tuple[float, ...]] = {}
    for place, steps in found.items():
        finite = [values[step] for step in steps if math.isfinite(values[step])]
        low, high = (min(finite), max(finite)) if finite else (math.nan, math.nan)
        made[place] = (len(finite), low, high, sum(finite), values[steps[-1]], steps[-1] * 1000 + 7)
    return made


VALUES = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])
BATCH = st.tuples(st.integers(0, 400), st.integers(1, 120), st.sampled_from([1, 1, 3, -2, 1000]), st.integers(0, 2**31))
"""Where a batch begins, how many values it has, how far apart they lie, and what they are drawn from."""


@given(st.lists(BATCH, min_size=1, max_size=8))
def test_any_order_of_steps_and_replaced_values_are_what_a_dictionary_holds(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[int, int, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("s") / "runs.db"
    values: dict[int, float] = {}
    with open_for_writing(path) as store:
        writer = begun(store)
        for start, count, apart, seed in batches:
            draw = np.random.default_rng(seed)
            drawn = np.where(draw.random(count) < 0.1, np.nan, draw.normal(size=count))
            rows = [(start + apart * place, float(value)) for place, value in enumerate(drawn)]
            writer.write({"loss": measured(rows)}, news())
            values |= dict(rows)
        [metric] = store.reader().metrics(1)
        whole = store.reader().metric_curve(1, "loss", 2000)
    stored = query(path, "SELECT step, value FROM measurements ORDER BY step")
    assert [step for step, _ in stored] == sorted(values)
    np.testing.assert_equal([np.nan if v is None else v for _, v in stored], [values[step] for step in sorted(values)])
    assert (metric.count, metric.first_step, metric.last_step) == (len(values), min(values), max(values))
    finite = [value for value in values.values() if math.isfinite(value)]
    np.testing.assert_equal(metric.last, values[max(values)])
    np.testing.assert_equal((metric.low, metric.high), (min(finite), max(finite)) if finite else (np.nan, np.nan))
    assert int(whole.count.sum()) == len(finite)
    [(level,)] = query(path, "SELECT level FROM metrics")
    held = buckets(path)
    if level is None:
        assert len(values) < FEW_VALUES
        assert not held
        return
    expected = expected_buckets(values, level)
    assert set(held) == set(expected)
    for place, row in expected.items():
        np.testing.assert_allclose(held[place], row, rtol=1e-9, atol=1e-9)
    assert inspect(path).inconsistent == ()


@given(st.lists(VALUES, min_size=1, max_size=9))
def test_a_value_that_is_no_number_is_kept_apart_from_none(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.mktemp("s") / "runs.db"
    with open_for_writing(path) as store:
        begun(store).write({"loss": measured([(2 * step, value) for step, value in enumerate(values)])}, news())
        curve = store.reader().metric_curve(1, "loss", 100)
        assert store.reader().metric_curve(1, "other", 100).iteration.size == 0
    assert curve.iteration.tolist() == list(range(0, 2 * len(values), 2))
    np.testing.assert_equal(curve.last, values)
    assert curve.count.tolist() == [int(math.isfinite(value)) for value in values]


def test_a_curve_has_the_extremes_of_any_stretch_in_a_bounded_number_of_rows(store: Store) -> None:
    writer, columns = begun(store), 50
    draw = np.random.default_rng(1).normal(size=60_000)
    for start in range(0, len(draw), 20_000):
        step = np.arange(start, start + 20_000)
        writer.write({"a": Measured(step, step * 10, draw[step]), "b": Measured(step * 1000, step, draw[step])}, news())
    reader = store.reader()
    for apart, name in ((1, "a"), (1000, "b")):
        for first, last in ((0, 59_999), (100, 40_000), (31_234, 31_600), (59_990, 59_999), (7, 7)):
            curve = reader.metric_curve(1, name, columns, first * apart, last * apart)
            assert 1 <= len(curve.iteration) <= 7 * columns
            begins, ends = curve.iteration[0], curve.iteration[-1] + curve.width - 1
            covered = draw[-(-begins // apart) : ends // apart + 1]
            assert begins <= first * apart <= last * apart <= ends
            assert (curve.low.min(), curve.high.max()) == (covered.min(), covered.max())
            assert curve.low_before <= draw[: max(first, 1)].min() or first == 0
    assert math.isinf(reader.metric_curve(1, "a", columns).low_before)


def test_the_loss_stands_for_a_logged_run_wherever_one_curve_does(store: Store) -> None:
    writer, step = begun(store), np.arange(3000)
    value = np.cos(step / 500)
    writer.write({"lr": Measured(step, step, value * 0), "val/loss": Measured(step, step * 1000, value)}, news())
    reader = store.reader()
    np.testing.assert_equal(reader.curve(1, 50).last, reader.metric_curve(1, "val/loss", 50).last)
    assert len(reader.metric_curve(1, "loss", 50).iteration) == 0
    part = reader.bucket(1, 1024, 2000)
    assert (part.width, part.count[0]) == (976, 976)
    assert (part.low[0], part.high[0], part.last[0]) == (value[1024:2000].min(), value[1024:2000].max(), value[1999])
    assert part.mean[0] == pytest.approx(value[1024:2000].mean())
    assert present(reader.run(1)).current_loss == value[-1]


def test_a_metric_that_is_logged_seldom_has_few_buckets(store: Store, path: Path) -> None:
    writer, step = begun(store), np.arange(0, 2_000_000, 1000)
    for part in np.array_split(step, 10):
        writer.write({"epoch/loss": Measured(part, part, np.ones(len(part)))}, news())
    [(held,)] = query(path, "SELECT count(*) FROM metric_buckets")
    assert held < len(step) / 4


def test_what_another_recorder_takes_over_goes_on_where_it_was_stored(store: Store) -> None:
    first = begun(store)
    first.write({"loss": measured([(0, 1.0), (1, 2.0)])}, news(received=100, marks=((1, "warm"),)))
    second = begun(store)
    assert (second.claim.run_id, second.claim.received, second.claim.attempt) == (1, 100, 2)
    with pytest.raises(FencedOff, match="no longer this recorder's"):
        first.write({"loss": measured([(5, 9.0)])}, news(received=200))
    second.end("finished", "", {"loss": measured([(2, 0.5)])}, news(received=150))
    run = present(store.reader().run(1))
    assert (run.kind, run.state, run.spec, run.iterations_done, run.current_loss) == (
        "logged",
        "finished",
        None,
        3,
        0.5,
    )
    assert [(event.verb, event.iteration, event.argument) for event in store.reader().events(1)] == [
        ("mark", 1, "warm")
    ]


def test_a_program_goes_on_with_a_run_only_where_it_says_so(store: Store) -> None:
    begun(store, "a", logged_id="net").end(
        "finished", "", {"loss": measured([(0, 1.0)])}, news(received=9, elapsed_s=3)
    )
    onwards = begun(store, "b", logged_id="net", resume="allow").claim
    assert (onwards.run_id, onwards.received, onwards.elapsed_s, onwards.next_step) == (1, 0, 3.0, 1)
    other = begun(store, "c", logged_id="net", resume="allow").claim
    assert (other.run_id, "being logged by another process" in other.notice) == (2, True)
    anew = begun(store, "d", logged_id="net").claim
    assert (anew.run_id, "is being logged" in anew.notice) == (3, True)
    assert "no run 'none'" in begun(store, "e", logged_id="none", resume="must").claim.notice


def test_a_logged_run_whose_recorder_is_gone_fails_and_is_not_queued(store: Store) -> None:
    begun(store).write({}, news())
    [owned] = store.queue.owned()
    assert store.queue.requeue(owned, "gone")
    run = present(store.reader().run(1))
    assert (run.state, run.reason.startswith("lost"), judge(run, ())) == ("failed", True, "lost")


def test_a_program_that_waits_is_paused_and_still_owned(store: Store) -> None:
    writer = begun(store)
    writer.write({"loss": measured([(0, 1.0)])}, news(listens=True, waits=True))
    assert [run.state for run in store.reader().runs()] == ["paused"]
    writer.write({}, news())
    assert store.queue.command(1, "pause") == "Run 1 is paused already."
    assert store.queue.command(1, "resume") == "Resuming run 1 …"
    with pytest.raises(Refused, match="is paused; stop it first"):
        store.catalogue.delete(1)
    assert [command.verb for command in writer.write({}, news(waits=False))] == ["resume"]
    assert [run.state for run in store.reader().runs()] == ["running"]
    writer.write({}, news(waits=True))
    [owned] = store.queue.owned()
    assert store.queue.requeue(owned, "gone")
    with pytest.raises(FencedOff):
        writer.write({}, news())


def test_what_changes_behind_the_newest_step_is_told(store: Store) -> None:
    writer = begun(store)

    def revision_after(step: int) -> int:
        writer.write({"loss": measured([(step, 1.0)])}, news())
        return present(store.reader().run(1)).revision

    assert [revision_after(step) for step in (0, 1, 1, 0, 2)] == [0, 0, 1, 2, 2]


def test_what_only_the_engine_can_do_is_refused_in_a_sentence(store: Store) -> None:
    begun(store).end("finished", "", {"loss": measured([(0, 1.0)])}, news())
    for verb, argument, why in (("resume", "", "program of its own"), ("set-step-size", "0.1", "program of its own"),
                                ("stop", "", "nothing to stop")):  # fmt: skip
        with pytest.raises(Refused, match=why):
            store.queue.command(1, verb, argument)
    with pytest.raises(Refused, match="no weights to go on from"):
        store.queue.spec_at(1, 0)


def test_a_knob_is_set_where_the_program_has_it(store: Store) -> None:
    writer = begun(store)
    with pytest.raises(Refused, match=r"does not listen: its program never asks \(docs/logging.md\)"):
        store.queue.command(1, "stop")
    writer.write({}, news(knobs='{"lr": {"value": 0.1}}', listens=True))
    for verb, argument in (("set-knob", "lr=0.01"), ("pause", ""), ("resume", "")):
        assert "un 1" in store.queue.command(1, verb, argument)
    assert [(told.verb, told.argument) for told in writer.write({}, news())] == [
        ("set-knob", "lr=0.01"), ("pause", ""), ("resume", ""),
    ]  # fmt: skip
    with pytest.raises(Refused, match=r"no knob 'dropout': it has lr"):
        store.queue.command(1, "set-knob", "dropout=0.5")
    with pytest.raises(ValueError, match="give a number"):
        store.queue.command(1, "set-knob", "lr=fast")


def test_a_logged_run_is_deleted_brought_back_rebuilt_and_purged(store: Store, path: Path) -> None:
    writer = begun(store)
    rows = [(step, float(step % 7)) for step in range(500)]
    writer.end("finished", "", {"loss": measured(rows)}, news())
    before = buckets(path)
    query(path, "UPDATE metric_buckets SET low = -5 WHERE level = 6")
    assert "'loss' does not agree" in inspect(path).inconsistent[0]
    store.rebuild_pyramid(1)
    assert (buckets(path), inspect(path).inconsistent) == (before, ())
    store.catalogue.delete(1)
    assert "is back" in store.catalogue.undelete(1)
    store.catalogue.delete(1)
    store.catalogue.purge(1)
    for table in ("runs", "metrics", "measurements", "metric_buckets"):
        assert query(path, f"SELECT count(*) FROM {table}") == [(0,)]


def test_the_pyramid_follows_how_densely_the_steps_lie() -> None:
    def level(n: int, last: int, now: int | None = None) -> int | None:
        return MetricState(0, n, 0, last, level=now).fitting_level

    assert [level(63, 62), level(64, 63), level(1000, 999_999)] == [None, 4, 14]
    assert [level(1000, 3500, 4), level(1000, 5000, 4), level(1000, 999, 6)] == [4, 6, 4]
