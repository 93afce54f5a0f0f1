"""Names, tags, notes and deletion: text stays as it was given, and space comes back."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from engine.spec import defaults
from engine.store import Checkpoint, Evaluation, Refused, Store, StoreError
from engine.store.schema.inspection import inspect
from engine.store.write import catalogue
from tests.presence import present
from tests.stores import block_of, claimed_writer, process, query

HOSTILE = [
    "[/nope] [link=http://x]y[/link] [b]",
    "\x1b[31mred\x1b]52;c;aGV5\x07\x1b]0;title\x1b\\",
    "\x9b31m\x9d52;c;aGV5\x9c\x85",
    "two\nlines\rand\ttabs\x00nul",
    "\u202egnirts\u2066\u200f\u200b\ufeff",
    "x" * 10_000,
    "'; DROP TABLE runs; --",
    "👩‍👩‍👧 ﷽ ñ",
    "",
]


def a_run(store: Store, iterations: int = 100, state: str = "finished") -> int:
    writer = claimed_writer(store)
    data = np.random.default_rng(0).bytes(2000)
    writer.write(
        block_of(np.arange(float(iterations))),
        evaluations=[Evaluation(0, "train", 1.0, 0.5)],
        checkpoint=Checkpoint(iterations, data),
    )
    if state == "finished":
        writer.finish()
    elif state == "paused":
        writer.pause()
    return writer.claim.run_id


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text)[:20] for text in HOSTILE])
def test_text_comes_back_as_it_was_given(store: Store, text: str) -> None:
    run_id = a_run(store)
    store.catalogue.rename(run_id, text)
    store.catalogue.write_note(run_id, text)
    store.catalogue.tag(run_id, [text, "kept"])
    run = present(store.reader().run(run_id))
    assert (run.name, run.note, run.tags) == (text, text, (text, "kept"))
    assert "Tags of run" in store.catalogue.untag(run_id, [text])
    assert present(store.reader().run(run_id)).tags == ("kept",)


def test_bytes_that_are_no_text_do_not_break_the_store(store: Store) -> None:
    run_id = a_run(store)
    store.catalogue.rename(run_id, "caf\udce9")
    store.catalogue.tag(run_id, ["\udcff"])
    store.queue.add([defaults()], names=["\udce9"])
    assert present(store.reader().run(run_id)).name == "caf?"


def test_tags_are_kept_once_and_anyone_may_query_them(store: Store, path: Path) -> None:
    run_id = a_run(store)
    assert store.catalogue.tag(run_id, ["a", "b", "a"]) == f"Tags of run {run_id}: a, b."
    store.catalogue.tag(run_id, ["b", "c"])
    assert query(path, "SELECT value FROM runs, json_each(runs.tags) WHERE tags <> ''") == [("a",), ("b",), ("c",)]
    assert store.catalogue.untag(run_id, ["a", "b", "c"]) == f"Run {run_id} has no tags."
    assert query(path, "SELECT tags FROM runs") == [("",)]


def test_tags_of_another_programs_making_are_one_tag(store: Store, path: Path) -> None:
    run_id = a_run(store)
    query(path, "UPDATE runs SET tags = 'by, hand'")
    assert present(store.reader().run(run_id)).tags == ("by, hand",)
    query(path, "UPDATE runs SET tags = '{\"a\": 1}'")
    assert present(store.reader().run(run_id)).tags == ('{"a": 1}',)


@pytest.mark.parametrize("ask", ["rename", "write_note", "tag", "untag"])
def test_a_run_that_is_not_there(store: Store, ask: str) -> None:
    with pytest.raises(StoreError, match="no run 7"):
        getattr(store.catalogue, ask)(7, "x")
    for carry_out in (store.catalogue.delete, store.catalogue.undelete, store.catalogue.purge):
        with pytest.raises(StoreError, match="no run 7"):
            carry_out(7)


def test_a_deleted_run_is_out_of_sight_and_comes_back_as_it_was(store: Store, path: Path) -> None:
    first, second = a_run(store), a_run(store)
    before = store.reader().run(first)
    assert "undelete" in store.catalogue.delete(first)
    assert "already" in store.catalogue.delete(first)
    assert [run.run_id for run in store.reader().runs()] == [second]
    assert [run.run_id for run in store.reader().runs(deleted=True)] == [first]
    assert store.reader().counts() == {"finished": 1}
    assert query(path, "SELECT run_id FROM run_summary") == [(second,)]
    assert query(path, "SELECT run_id FROM final_evaluations") == [(second,)]
    assert store.catalogue.deleted() == [first]
    assert store.catalogue.undelete(first) == f"Run {first} is back."
    assert "not deleted" in store.catalogue.undelete(first)
    assert store.reader().run(first) == before


def test_a_running_run_is_not_deleted(store: Store) -> None:
    writer = claimed_writer(store)
    for ask in (store.catalogue.delete, store.catalogue.purge):
        with pytest.raises(Refused, match="stop it first"):
            ask(writer.claim.run_id)
    assert store.reader().counts() == {"running": 1}


def test_nobody_works_on_a_deleted_run_or_steers_it(store: Store) -> None:
    [run_id] = store.queue.add([defaults()])
    store.catalogue.delete(run_id)
    worker_id = store.register_worker(process())
    assert store.queue.claim(worker_id) is None
    for verb in ("stop", "pause", "resume"):
        with pytest.raises(Refused, match="undelete"):
            store.queue.command(run_id, verb)
    with pytest.raises(Refused, match="deleted"):
        store.queue.spec_at(run_id, 0)
    assert store.leave_if_idle(worker_id)
    store.catalogue.undelete(run_id)
    assert store.queue.claim(worker_id) is not None


def test_purging_gives_the_space_back_and_leaves_the_others_alone(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PURGE_ROWS", 3000)
    monkeypatch.setattr(catalogue, "VACUUM_PAGES", 7)
    kept, gone = a_run(store, 500), a_run(store, 50_000)
    store.fold_journal()
    before = os.path.getsize(path)
    with pytest.raises(Refused, match="delete it first"):
        store.catalogue.purge(gone)
    store.catalogue.delete(gone)
    assert re.search(r"freed 1\.\d MB", store.catalogue.purge(gone))
    assert os.path.getsize(path) < before / 8
    for table in ("runs", "iterations", "buckets", "evaluations", "checkpoints"):
        assert query(path, f"SELECT DISTINCT run_id FROM {table}") == [(kept,)], table
    found = inspect(path)
    assert (found.damage, found.inconsistent, found.free) == ("", (), 0)
    assert store.queue.add([defaults()]) == [gone + 1]


def test_an_interrupted_purge_goes_on_and_cannot_be_undone(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PURGE_ROWS", 100)
    run_id = a_run(store, 1000)
    store.catalogue.delete(run_id)
    transaction = store._connection.transaction
    calls: list[int] = []

    def interrupted() -> AbstractContextManager[sqlite3.Connection]:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return transaction()

    monkeypatch.setattr(store._connection, "transaction", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.catalogue.purge(run_id)
    assert query(path, "SELECT min(iteration), max(iteration) FROM iterations") == [(200, 999)]
    with pytest.raises(Refused, match="being purged"):
        store.catalogue.undelete(run_id)
    store.catalogue.purge(run_id)
    assert query(path, "SELECT count(*) FROM iterations") == [(0,)]
    assert query(path, "SELECT count(*) FROM runs") == [(0,)]


def test_a_parent_stays_until_its_forks_have_begun(store: Store, path: Path) -> None:
    parent = a_run(store)
    spec = store.queue.spec_at(parent, 40)
    child = store.queue.fork(parent, 40, spec, "child")
    store.catalogue.delete(parent)
    with pytest.raises(Refused, match=f"Run {child} was forked from run {parent} and has not begun"):
        store.catalogue.purge(parent)
    claim = present(store.queue.claim(1))
    writer = store.writer(claim)
    writer.write(block_of(np.arange(40.0, 90.0), first=40), checkpoint=Checkpoint(40, b"", "snapshot"))
    store.catalogue.purge(parent)
    run = present(store.reader().run(child))
    assert (run.parent_id, run.first_iteration, run.iterations_done) == (None, 40, 90)
    assert store.reader().curve(child, 240).iteration[0] == 40
    writer.release()
    assert present(present(store.queue.claim(1)).checkpoint).iteration == 40


def test_settings_are_words_by_name(store: Store) -> None:
    assert store.reader().setting("workers") is None
    store.settings.set("workers", "3")
    store.settings.set("workers", "5")
    assert store.reader().setting("workers") == "5"
    store.settings.set("workers", None)
    assert store.reader().setting("workers") is None
