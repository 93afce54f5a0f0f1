"""Listings: the filter's small grammar, the orders, and where a run stands."""

from __future__ import annotations

import pytest

from engine.spec import defaults
from engine.store import FilterError, Listing, open_for_writing
from engine.store.listing import ORDERS
from tests.stores import block_of, claimed_writer


@pytest.fixture
def reader(tmp_path):
    store = open_for_writing(tmp_path / "runs.db")
    for strategy, step_size, losses in (
        ("gradient-descent", 0.1, [3.0, 0.2]),
        ("gradient-descent", 0.001, [3.0, 2.5]),
        ("local-search", 0.03, [4.0, 0.9]),
    ):
        claimed_writer(store, defaults(strategy).changed(step_size=step_size)).finish(block=block_of(losses))
    store.queue.add([defaults("random-search")], names=["it's 100 % [/odd]"])
    store.catalogue.tag(2, ["keep"])
    yield store.reader()
    store.close()


def numbers(reader, text, **order):
    return [run.run_id for run in reader.listed(Listing(text, **order))]


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
    ("| |", [4, 3, 2, 1]),
    ("no-such-word", []),
])  # fmt: skip
def test_filters(reader, text, found):
    assert numbers(reader, text) == found
    assert reader.listed_count(Listing(text)) == len(found)
    assert [reader.place(Listing(text), run_id) for run_id in found] == list(range(len(found)))


@pytest.mark.parametrize("text", ["colour:red", "step_size<abc", "loss>=high"])
def test_a_filter_that_cannot_be_read_says_so(text):
    with pytest.raises(FilterError, match="filter: "):
        Listing(text).where()


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_and_its_reverse_hold_every_run(reader, order):
    for reverse in (False, True):
        listing = Listing(order=order, reverse=reverse)
        runs = [run.run_id for run in reader.listed(listing)]
        assert sorted(runs) == [1, 2, 3, 4]
        assert [reader.place(listing, run_id) for run_id in runs] == [0, 1, 2, 3]
        assert reader.listed(listing, limit=2, offset=1) == reader.listed(listing)[1:3]


def test_what_has_no_value_comes_last(reader):
    assert numbers(reader, "", order="loss") == [1, 3, 2, 4]
    assert numbers(reader, "", order="loss", reverse=True) == [2, 3, 1, 4]


def test_nothing_that_is_typed_reaches_the_database_as_a_statement(reader):
    for text in ("'; DROP TABLE runs; --", "name:'or'1'='1", "%_", '"', "x" * 10_000):
        numbers(reader, text)
    assert len(numbers(reader, "")) == 4
