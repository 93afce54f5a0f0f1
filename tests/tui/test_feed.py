"""The feed: one answer to a question, none when nothing is new, never two in flight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from engine.spec import defaults
from engine.store import Listing, Reader, RunWriter, StoreError, open_for_writing
from engine.store.list.columns import Variety
from tests.presence import present
from tests.stores import block_of
from tests.tui.dashboards import OF_THE_NOTES, losses, raced, store_with
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading.feed import PACE_S, Feed, Outcome, Source


@pytest.fixture
def answers() -> SimpleQueue[Outcome]:
    return SimpleQueue()


@pytest.fixture
def growing(tmp_path: Path, answers: SimpleQueue[Outcome]) -> Iterator[tuple[RunWriter, Feed]]:
    (writer,) = store_with(tmp_path / "runs.db", ("grows", defaults()), finish=False)
    feed = Feed(tmp_path / "runs.db", ReadRequest(), answers.put)
    feed.start()
    yield writer, feed
    feed.stop()


def snapshot_in(answers: SimpleQueue[Outcome]) -> Snapshot:
    """The next answer, which is no failure."""
    answer = answers.get(timeout=5)
    assert isinstance(answer, Snapshot)
    return answer


def nothing(answers: SimpleQueue[Outcome], seconds: float) -> None:
    with pytest.raises(Empty):
        answers.get(timeout=seconds)


def test_the_first_answer_holds_runs_curves_and_evaluations(tmp_path: Path) -> None:
    source = Source(raced(tmp_path / "runs.db"))
    snapshot = present(source.read(ReadRequest()))
    assert [present(run.spec).strategy for run in reversed(snapshot.runs)] == list(OF_THE_NOTES)
    assert set(snapshot.seen) == {1, 2, 3}
    assert snapshot.counts == {"finished": 3}
    assert snapshot.seen[3].evaluations[-1].accuracy == pytest.approx(0.972)
    assert source.read(ReadRequest()) is None
    source.close()


def test_one_answer_to_a_question_however_much_is_written(
    growing: tuple[RunWriter, Feed], answers: SimpleQueue[Outcome]
) -> None:
    writer, feed = growing
    snapshot_in(answers)
    for first in (200, 300, 400):
        writer.write(block_of(losses(0.5, 100), first=first))
    nothing(answers, 3 * PACE_S)
    feed.ask(ReadRequest())
    assert snapshot_in(answers).runs[0].iterations_done == 500
    nothing(answers, 3 * PACE_S)


def test_a_question_stands_until_something_is_new(
    growing: tuple[RunWriter, Feed], answers: SimpleQueue[Outcome]
) -> None:
    writer, feed = growing
    answers.get(timeout=5)
    feed.ask(ReadRequest())
    nothing(answers, 3 * PACE_S)
    writer.write(block_of(losses(0.5, 100), first=200))
    assert snapshot_in(answers).runs[0].iterations_done == 300


def test_another_question_does_not_wait_for_the_pace(
    growing: tuple[RunWriter, Feed], answers: SimpleQueue[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.reading.feed.PACE_S", 600.0)
    _, feed = growing
    answers.get(timeout=5)
    for columns in (128, 512):
        feed.ask(ReadRequest(Choices(pointed=1, considered=frozenset({1})), columns=columns))
        assert snapshot_in(answers).runs


def test_a_store_that_cannot_be_read_is_told_once(tmp_path: Path, answers: SimpleQueue[Outcome]) -> None:
    feed = Feed(tmp_path / "no" / "runs.db", ReadRequest(), answers.put)
    feed.start()
    assert isinstance(answers.get(timeout=5), StoreError)
    feed.ask(ReadRequest())
    nothing(answers, 1.3)
    feed.stop()


def test_what_differs_is_read_again_only_when_runs_come_or_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raced(tmp_path / "runs.db")
    read: list[Reader] = []
    variety = Reader.variety

    def counted(reader: Reader) -> Variety:
        read.append(reader)
        return variety(reader)

    monkeypatch.setattr(Reader, "variety", counted)
    source = Source(path)
    assert "step_size" in present(source.read(ReadRequest())).variety
    for run_id in (1, 2, 3):
        source.read(ReadRequest(Choices().pointing_at(run_id)))
    source.read(ReadRequest(Choices().listing_so(Listing("sgd"))))
    with open_for_writing(path) as store:
        store.catalogue.rename(1, "another name")
    source.read(ReadRequest())
    assert len(read) == 1
    with open_for_writing(path) as store:
        store.queue.add([defaults().changed(seed=7)])
    assert "seed" in present(source.read(ReadRequest())).variety
    assert len(read) == 2
    source.close()


def test_pinned_runs_are_read_whichever_page_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults()] * 500)
    source = Source(path)
    listing = Listing(pinned=(300, 400))
    for run_id, order in ((1, [400, 300]), (499, [400, 300])):
        found = present(source.read(ReadRequest(Choices().listing_so(listing).pointing_at(run_id))))
        assert [run.run_id for run in found.pinned] == order
        assert run_id in [run.run_id for run in found.runs]
    source.close()
