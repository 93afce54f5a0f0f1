"""The feed: one answer to a question, none when nothing is new, never two in flight."""

from __future__ import annotations

from queue import Empty, SimpleQueue

import pytest

from engine.spec import STRATEGIES, defaults
from engine.store import StoreError
from tests.stores import block_of
from tests.tui.dashboards import losses, raced, store_with
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading.feed import PACE_S, Feed, Source


@pytest.fixture
def answers():
    return SimpleQueue()


@pytest.fixture
def growing(tmp_path, answers):
    (writer,) = store_with(tmp_path / "runs.db", ("grows", defaults()), finish=False)
    feed = Feed(tmp_path / "runs.db", ReadRequest(), answers.put)
    feed.start()
    yield writer, feed
    feed.stop()


def nothing(answers, seconds):
    with pytest.raises(Empty):
        answers.get(timeout=seconds)


def test_the_first_answer_holds_runs_curves_and_evaluations(tmp_path):
    source = Source(raced(tmp_path / "runs.db"))
    snapshot = source.read(ReadRequest())
    assert [run.spec.strategy for run in reversed(snapshot.runs)] == list(STRATEGIES)
    assert set(snapshot.seen) == {1, 2, 3}
    assert snapshot.counts == {"finished": 3}
    assert snapshot.seen[3].evaluations[-1].accuracy == pytest.approx(0.972)
    assert source.read(ReadRequest()) is None
    source.close()


def test_one_answer_to_a_question_however_much_is_written(growing, answers):
    writer, feed = growing
    assert isinstance(answers.get(timeout=5), Snapshot)
    for first in (200, 300, 400):
        writer.write(block_of(losses(0.5, 100), first=first))
    nothing(answers, 3 * PACE_S)
    feed.ask(ReadRequest())
    assert answers.get(timeout=5).runs[0].iterations_done == 500
    nothing(answers, 3 * PACE_S)


def test_a_question_stands_until_something_is_new(growing, answers):
    writer, feed = growing
    answers.get(timeout=5)
    feed.ask(ReadRequest())
    nothing(answers, 3 * PACE_S)
    writer.write(block_of(losses(0.5, 100), first=200))
    assert answers.get(timeout=5).runs[0].iterations_done == 300


def test_another_question_does_not_wait_for_the_pace(growing, answers, monkeypatch):
    monkeypatch.setattr("tui.reading.feed.PACE_S", 600.0)
    _, feed = growing
    answers.get(timeout=5)
    for columns in (128, 512):
        feed.ask(ReadRequest(Choices(pointed=1, met=frozenset({1})), columns=columns))
        assert answers.get(timeout=5).runs


def test_a_store_that_cannot_be_read_is_told_once(tmp_path, answers):
    feed = Feed(tmp_path / "no" / "runs.db", ReadRequest(), answers.put)
    feed.start()
    assert isinstance(answers.get(timeout=5), StoreError)
    feed.ask(ReadRequest())
    nothing(answers, 1.3)
    feed.stop()
