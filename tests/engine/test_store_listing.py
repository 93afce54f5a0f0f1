"""Listings: filters, orders, what is pinned, what is grouped by sweep, and where a run stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import FIELDS, defaults
from engine.store import Evaluation, Listing, PageRequest, Reader, SweepTitle, open_for_writing
from engine.store.list.columns import variety
from engine.store.list.listing import ORDERS
from tests.presence import present
from tests.stores import block_of, claimed_writer, process, sweep_row


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    store = open_for_writing(tmp_path / "runs.db")
    for strategy, step_size, losses in (
        ("gradient-descent", 0.1, [3.0, 0.2]),
        ("gradient-descent", 0.001, [3.0, 2.5]),
        ("local-search", 0.03, [4.0, 0.9]),
    ):
        claimed_writer(store, defaults(strategy).changed(step_size=step_size)).finish(
            block=block_of(losses), evaluations=[Evaluation(2, "train", losses[-1], 0.9)]
        )
    store.queue.add([defaults("random-search")], names=["it's 100 % [/odd]"])
    store.catalogue.tag(2, ["keep"])
    yield store.reader()
    store.close()


def numbers(reader: Reader, text: str, **order: Any) -> list[int]:
    return [run.run_id for run in reader.listed(Listing(text, **order)).runs]


@pytest.mark.parametrize(("text", "found"), [
    ("", [4, 3, 2, 1]),
    ("strategy:sgd", [2, 1]),
    ("sgd", [2, 1]),
    ("SEARCH", [4, 3]),
    ("-search", [2, 1]),
    ("step_size>=1e-3 strategy:gradient", [2, 1]),
    ("step_size>1e-3 strategy:gradient", [1]),
    ("step=0.03", [3]),
    ("loss<0.5", [1]),
    ("-loss<0.5", [4, 3, 2]),
    ("loss<0.5 | tag:keep", [2, 1]),
    ("loss!=0.2 finished", [3, 2]),
    ("state:queued", [4]),
    ("run=3", [3]),
    ("run<99999999999999999999999", [4, 3, 2, 1]),
    ("it's %", [4]),
    ("[/odd]", [4]),
    ("no-such-word", []),
])  # fmt: skip
def test_filters(reader: Reader, text: str, found: list[int]) -> None:
    assert numbers(reader, text) == found
    listed = reader.listed(Listing(text))
    assert (listed.first, listed.total, listed.fitting) == (0, len(found), len(found))


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_and_its_reverse_hold_every_run(reader: Reader, order: str) -> None:
    for reverse in (False, True):
        listing = Listing(order=order, reverse=reverse)
        runs = [run.run_id for run in reader.listed(listing).runs]
        assert sorted(runs) == [1, 2, 3, 4]
        for place, run_id in enumerate(runs):
            found = reader.listed(listing, PageRequest(limit=2, run_id=run_id))
            assert found.first == max(0, min(place - 1, 2))
            assert [run.run_id for run in found.runs] == runs[found.first : found.first + 2]
        assert [run.run_id for run in reader.listed(listing, PageRequest(limit=3, at_end=True)).runs] == runs[1:]
        assert [run.run_id for run in reader.listed(listing, PageRequest(limit=3, run_id=99)).runs] == runs[:3]


def test_what_has_no_value_comes_last(reader: Reader) -> None:
    assert numbers(reader, "", order="train") == [1, 3, 2, 4]
    assert numbers(reader, "", order="train", reverse=True) == [2, 3, 1, 4]


def test_runs_are_sorted_by_the_status_that_is_judged_and_shown(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        for _ in range(4):
            claimed_writer(store)
        store.queue.add([defaults()])
        reader = store.reader()
        judged = {1: "lost", 2: "silent", 4: "waiting", 5: "lost"}

        def listed(*, reverse: bool) -> list[int]:
            return [run.run_id for run in reader.listed(Listing("", "status", reverse), judged=judged).runs]

        assert listed(reverse=False) == [3, 5, 4, 2, 1]
        assert listed(reverse=True) == [1, 2, 4, 5, 3]


def test_nothing_that_is_typed_reaches_the_database_as_a_statement(reader: Reader) -> None:
    for text in ("'; DROP TABLE runs; --", "name:'or'1'='1", "%_", '"\'"', "x" * 10_000):
        numbers(reader, text)
    assert len(numbers(reader, "")) == 4


@pytest.fixture
def swept(tmp_path: Path) -> Iterator[Reader]:
    """Runs 1 to 8: 2, 3 and 7 of sweep 1, 4 and 5 of sweep 2; run n ended with loss n / 10, after n / 20."""
    store = open_for_writing(tmp_path / "swept.db")
    sweeps = [sweep_row(store.path, name) for name in ("first", "second")]
    members = {2: sweeps[0], 3: sweeps[0], 7: sweeps[0], 4: sweeps[1], 5: sweeps[1]}
    for run_id in range(1, 9):
        store.queue.add([defaults()], sweep_id=members.get(run_id))
        claim = present(store.queue.claim(store.register_worker(process())))
        evaluations = [Evaluation(1, "train", run_id / 20, 0.9), Evaluation(2, "train", run_id / 10, 0.9)]
        store.writer(claim).finish(block=block_of([3.0, run_id / 10]), evaluations=evaluations)
    yield store.reader()
    store.close()


def rows(reader: Reader, listing: Listing) -> list[int | tuple[int, int]]:
    """Runs by number, titles as (sweep, how many runs)."""
    return [
        (row.sweep_id, row.runs) if isinstance(row, SweepTitle) else row.run_id for row in reader.listed(listing).rows
    ]


@pytest.mark.parametrize(("listing", "shown"), [
    (Listing(grouped=True), [8, (1, 3), 7, 3, 2, 6, (2, 2), 5, 4, 1]),
    (Listing(grouped=True, reverse=True), [1, (1, 3), 2, 3, 7, (2, 2), 4, 5, 6, 8]),
    (Listing(grouped=True, order="train"), [1, (1, 3), 2, 3, 7, (2, 2), 4, 5, 6, 8]),
    (Listing(grouped=True, folded=(1, 9)), [8, (1, 3), 6, (2, 2), 5, 4, 1]),
    (Listing("loss<0.55", grouped=True, folded=(2,)), [(2, 2), (1, 2), 3, 2, 1]),
    (Listing(grouped=True, pinned=(3, 1)), [3, 1, 8, (1, 2), 7, 2, 6, (2, 2), 5, 4]),
    (Listing("loss>0.65", grouped=True, pinned=(3,)), [3, 8, (1, 1), 7]),
    (Listing(pinned=(3, 1)), [3, 1, 8, 7, 6, 5, 4, 2]),
    (Listing("loss>0.65", "train", pinned=(3,)), [3, 7, 8]),
])  # fmt: skip
def test_what_is_grouped_folded_and_pinned(swept: Reader, listing: Listing, shown: list[int | tuple[int, int]]) -> None:
    assert rows(swept, listing) == shown
    every = swept.listed(listing)
    assert every.total == len(shown)
    for place, row in enumerate(every.rows):
        if isinstance(row, SweepTitle):
            around = PageRequest(3, sweep_id=row.sweep_id)
        else:
            around = PageRequest(3, run_id=row.run_id)
        found = swept.listed(listing, around)
        assert found.first == max(0, min(place - 1, len(shown) - 3))
        assert found.rows == every.rows[found.first : found.first + 3]


def test_a_title_tells_of_the_runs_below_it_what_a_sweep_is_ranked_by(swept: Reader) -> None:
    titles = [row for row in swept.listed(Listing("loss>0.25", grouped=True)).rows if isinstance(row, SweepTitle)]
    [title] = [title for title in titles if title.sweep_id == 1]
    assert title == SweepTitle(1, "first", "step_size", "", 2, 0.3)


def test_a_run_inside_a_folded_sweep_has_no_place(swept: Reader) -> None:
    assert swept.listed(Listing(grouped=True, folded=(1,)), PageRequest(2, run_id=3)).first == 0


def test_pinned_runs_that_do_not_fit_are_not_counted(swept: Reader) -> None:
    assert swept.listed(Listing("loss>0.65", pinned=(3, 8))).fitting == 2


def test_pinning_and_folding_twice_changes_nothing() -> None:
    listing = Listing(pinned=(4,))
    assert listing.pinning(7).pinned == (4, 7)
    assert listing.pinning(7).pinning(7) == listing
    assert listing.folding(2).folding(2) == listing


def test_what_differs_is_told_the_most_telling_first_and_only_where_it_has_an_effect(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add([defaults()])
        assert store.reader().variety() == {}
        store.queue.add([defaults().changed(seed=3, batch_size=None, momentum=0.5)])  # no momentum in a vanilla update
        assert store.reader().variety() == {"batch_size": ("full", "256"), "seed": ("3", "0")}
        store.queue.add([defaults(objective="softmax").changed(iterations=7)])
        assert list(store.reader().variety()) == ["objective", "batch_size", "seed", "planned"]
        assert store.reader().variety(newest=1) == {}
        store.catalogue.delete(2)
        assert list(store.reader().variety()) == ["objective", "planned"]


@given(st.lists(st.text(max_size=20) | st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*FIELDS, "x"]), inner, max_size=4),
).map(json.dumps), max_size=4))  # fmt: skip
def test_specs_of_any_content_have_a_variety(specs: list[str]) -> None:
    found = variety([*specs, defaults().to_json(), defaults().changed(seed=1).to_json()])
    assert set(found["seed"]) >= {"0", "1"}
    assert all(isinstance(value, str) for values in found.values() for value in values)
