"""Steering from the board: each key becomes a message, each answer a sentence, each question can be declined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NoReturn

import pytest

from engine.spec import defaults, race
from engine.store import StoreBusy, open_for_reading, open_for_writing
from tests.presence import present
from tests.stores import block_of, claimed_writer
from tests.tui.dashboards import losses, opened, raced, store_with, stored_runs
from tui.app.actions import orders
from tui.model.messages import (
    OrderAnswered,
    RunsQueued,
    SteeringRequested,
    StepSizeScaled,
)
from tui.screens.board import Board
from tui.screens.prompt import Prompt
from tui.screens.run_form import RunForm
from tui.start import session


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("people.submit", "people.steer", "processes.launch"):
        monkeypatch.setattr(f"engine.jobs.{module}.start_workers", lambda path, count=None: 0)
    monkeypatch.setattr("engine.jobs.people.steer.recover_lost_runs", lambda store, **_: [])


@pytest.fixture
def running(tmp_path: Path) -> Path:
    path = tmp_path / "runs.db"
    store_with(path, ("mine", defaults()), finish=False)
    return path


async def test_the_key_that_pauses_lets_a_failed_run_go_on(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        claimed_writer(store).fail("no memory")
    async with opened(path) as board:
        await board.press("t")
        await board.until(lambda: "Run 1 has ended already (failed). p lets it go on" in board.text())
        await board.press("p")
        await board.until(lambda: "Resuming run 1 …: it had failed and begins again." in board.text())
        await board.until(lambda: present(board.app.snapshot.run(1)).state == "queued")


async def test_pause_and_step_sizes_become_commands(running: Path) -> None:
    async with opened(running) as board:
        await board.press("p", "left_square_bracket", "right_square_bracket", "right_square_bracket")
        await board.until(lambda: len(board.all_of(OrderAnswered)) == 4)
        assert [message.verb for message in board.all_of(SteeringRequested)] == ["pause"]
        assert [message.factor for message in board.all_of(StepSizeScaled)] == [0.5, 2.0, 2.0]
        assert not any(answer.failed for answer in board.all_of(OrderAnswered))
        await board.until(lambda: board.all_of(OrderAnswered)[-1].sentence[:30] in board.text())
    reader = open_for_reading(running)
    verbs = [(command.verb, command.argument) for command in reader.commands(1)]
    reader.close()
    assert verbs == [
        ("pause", ""),
        ("set-step-size", "0.05"),
        ("set-step-size", "0.1"),
        ("set-step-size", "0.2"),
    ]


async def test_the_step_size_in_force_is_told_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        claimed_writer(store, defaults()).finish(block=block_of(losses(3.0, 50)))
        writer = claimed_writer(store, defaults())
        writer.write(block_of(losses(3.0, 50)))
        store.queue.command(2, "set-step-size", "0.025")
        (command,) = writer.write()
        writer.finish(applied=[(command.command_id, 50, "step size 0.1 to 0.025")])
    async with opened(path) as board:
        await board.until(lambda: "step size 0.1 → 0.025" in board.text())
        assert "differs: step size" in board.text()
        assert "2 gradient b256  step size 0.025" in board.text()  # the legend
        assert any(line.split()[1:5] == ["2", "gradient", "b256", "0.025"] for line in board.text().splitlines())
        await board.press("enter")
        await board.until(lambda: "0.1 → 0.025  others 0.1" in board.text())
        await board.press("f")
        assert board.value("step_size") == "0.025"


async def test_what_cannot_be_steered_is_said(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    with open_for_writing(path) as store:
        claimed_writer(store, defaults("random-search")).write(block=block_of(losses(9.0, 50)))
    async with opened(path) as board:
        await board.press("right_square_bracket")
        assert "Run 4 is a random search: it takes no steps" in board.text()
        await board.press("d")
        assert "Run 4 is running: stop it first (t)." in board.text()
        await board.press("j")
        await board.press("p")
        await board.until(lambda: "Run 3 has ended already (finished)" in board.text())
        await board.press("u")
        await board.until(lambda: "Nothing to undo" in board.text())
        with open_for_writing(path) as store:
            store.queue.command(store.queue.add([defaults()])[0], "stop")
        await board.until(lambda: "⊘" in board.text())
        await board.press("g", "t")
        assert "has ended already (stopped)" in board.text()
        assert not board.all_of(SteeringRequested)
        assert not board.all_of(StepSizeScaled)


async def test_delete_asks_and_can_be_undone(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    async with opened(path) as board:
        await board.press("d")
        assert "Delete run 3 and its 200 iterations?" in board.text()
        await board.press("escape")
        assert not board.all_of(OrderAnswered)
        await board.press("d", "enter")
        await board.until(lambda: board.all_of(OrderAnswered))
        assert [(message.run_id, message.verb) for message in board.all_of(SteeringRequested)] == 2 * [(3, "delete")]
        await board.until(lambda: "▲ 3 gradient" not in board.text())
        assert "u brings it back" in board.text()
        await board.press("u")
        await board.until(lambda: "2 local search" in board.text() and " 3 gradient b256" in board.text())
        assert board.app.run_actions.deleted == []


def test_on_the_way_out_only_what_is_still_deleted_is_purged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = raced(tmp_path / "runs.db")
    with open_for_writing(path) as store:
        store.queue.fork(2, 0, race()[1], "needs run 2")
    for run_id in (1, 2, 3):
        orders.steered(path, run_id, "delete")
    orders.undelete(path, "run", 1)
    session.purge_deleted(path, [1, 2, 3])
    said = capsys.readouterr().err
    assert "delete it first" not in said
    assert "Run 4 was forked from run 2" in said
    assert "Purged run 3: freed" in said
    session.purge_deleted(path, [1])
    assert capsys.readouterr().err == ""
    assert [run.run_id for run in stored_runs(path)] == [4, 1]


async def test_one_iteration_is_no_plural(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        claimed_writer(store).finish(block=block_of([9.0]))
    async with opened(path) as board:
        await board.press("d")
        assert "Delete run 1 and its 1 iteration?" in board.text()


@pytest.mark.parametrize(("moves", "before", "after"), [([], 5, 4), (["j", "j"], 3, 2), (["G"], 1, 2)])
async def test_after_a_deletion_the_cursor_is_on_the_row_beside_it(
    tmp_path: Path, moves: list[str], before: int, after: int
) -> None:
    path = tmp_path / "runs.db"
    store_with(path, *((f"run {n}", defaults()) for n in range(1, 6)))
    async with opened(path) as board:
        await board.press(*moves)
        assert board.app.choices.pointed == before
        slots = board.app.choices.slots
        await board.press("d", "enter")
        await board.until(lambda: board.app.choices.pointed == after)
        assert before not in board.app.choices.marked
        await board.press("u")
        await board.until(lambda: before in board.app.choices.marked)
        assert board.app.choices.slots == slots
        assert board.app.choices.pointed == after


async def test_a_deletion_far_down_a_long_list_leaves_the_cursor_there(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults().changed(seed=seed) for seed in range(1000)])
    async with opened(path) as board:
        await board.app.screen.run_action("point(400)")
        await board.until(lambda: board.app.snapshot.first > 0 and board.app.choices.pointed == 400)
        await board.press("d", "y")
        await board.until(lambda: board.app.snapshot.total == 999)
        await board.until(lambda: board.app.choices.pointed == 399 and " 399 " in board.text())
        await board.press("u")
        await board.until(lambda: board.app.snapshot.total == 1000 and " 400 " in board.text())


async def test_a_fork_begins_with_the_runs_own_settings_and_keeps_what_was_typed(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    async with opened(path) as board:
        await board.press("f")
        assert isinstance(board.app.screen, RunForm)
        assert "fork run 3" in board.text()
        assert "0 to 200" in board.text()
        await board.fill("step_size", "no number")
        await board.fill("iteration", "x")
        await board.press("enter")
        assert "2 fields are wrong: from iteration, step size" in board.text()
        assert "a whole number from 0 to 200, not 'x'" in board.text()
        assert board.value("step_size") == "no number"
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
    assert len(stored_runs(path)) == 3


async def test_a_fork_of_a_run_at_its_end_has_as_many_iterations_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("mine", defaults().changed(iterations=200)))
    async with opened(path) as board:
        await board.press("f")
        assert board.value("iterations") == "400"
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    fork = present(stored_runs(path)[0].spec)
    assert fork.iterations == 400


async def test_a_fork_is_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raced(tmp_path / "runs.db")
    asked: list[tuple[int, dict[str, str]]] = []

    def fork(path: Path, run_id: int, texts: dict[str, str]) -> tuple[int, str]:
        asked.append((run_id, texts))
        return 3, ""

    monkeypatch.setattr("tui.app.actions.orders.fork", fork)
    async with opened(path) as board:
        await board.press("f")
        await board.fill("step_size", "0.02")
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
        await board.until(lambda: isinstance(board.app.screen, Board))
    assert asked == [(3, {"iteration": "200", "step_size": "0.02", "name": ""})]


async def test_name_tags_and_note_are_edited_in_one_place(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    async with opened(path) as board:
        await board.press("e")
        await board.fill("name", "the [/good] one")
        await board.fill("tags", "keep, digits")
        await board.fill("note", "why not")
        await board.press("enter")
        await board.until(lambda: board.all_of(OrderAnswered))
        assert isinstance(board.app.screen, Board)
        await board.until(lambda: "the [/good] one" in board.text())
    run = stored_runs(path)[0]
    assert (run.name, run.tags, run.note) == ("the [/good] one", ("keep", "digits"), "why not")


async def test_what_is_not_edited_stays_as_it_is(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    note = "a long story " * 60
    with open_for_writing(path) as store:
        run_id = store.reader().runs()[0].run_id
        store.catalogue.write_note(run_id, note)
        store.catalogue.tag(run_id, ["two words", "kept", "gone"])
    async with opened(path) as board:
        await board.press("e")
        await board.fill("tags", "two words kept new")
        await board.press("enter")
        await board.until(lambda: board.all_of(OrderAnswered))
    run = stored_runs(path)[0]
    assert (run.note, run.tags) == (note, ("two words", "kept", "new"))


async def test_what_was_not_changed_in_the_form_stays_as_it_is(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    note = "first line\nsecond line " + "and more " * 100
    name = "a\x1b[31m red\tname" + "!" * 300
    store = open_for_writing(path)
    store.catalogue.write_note(3, note)
    store.catalogue.rename(3, name)
    async with opened(path) as board:
        await board.until(lambda: "a red name" in board.text())
        await board.press("e")
        store.catalogue.tag(3, ["meanwhile"])
        await board.fill("tags", "keep")
        await board.press("enter")
        await board.until(lambda: board.all_of(OrderAnswered))
        await board.press("e")
        assert board.value("note").endswith("and more")
        await board.press("enter")
        await board.until(lambda: "Nothing was changed" in board.text())
    run = stored_runs(path)[0]
    assert (run.name, run.note) == (name, note)
    assert set(run.tags) == {"keep", "meanwhile"}


async def test_a_late_answer_leaves_what_is_being_typed_alone(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer = Event()
    steered = orders.steered
    monkeypatch.setattr(orders, "steered", lambda *order: may_answer.wait(10) and steered(*order))
    async with opened(running) as board:
        await board.press("p", "e")
        await board.fill("note", "half a sen")
        may_answer.set()
        await board.until(lambda: board.all_of(OrderAnswered))
        await board.pilot.pause()
        assert isinstance(board.app.screen, Prompt)
        assert board.value("note") == "half a sen"
        await board.press("escape")
        assert board.all_of(OrderAnswered)[0].sentence[:20] in board.text()


async def test_enter_twice_is_one_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer = Event()
    forked: list[tuple[object, ...]] = []

    def fork(*order: object) -> tuple[int, str]:
        forked.append(order)
        may_answer.wait(10)
        return 7, "Run 7 is queued."

    monkeypatch.setattr(orders, "fork", fork)
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("f", "enter", "enter")
        may_answer.set()
        await board.until(lambda: board.all_of(RunsQueued))
        await board.pilot.pause()
    assert len(forked) == 1


async def test_an_undo_that_could_not_be_written_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("d", "enter")
        await board.until(lambda: board.all_of(OrderAnswered))
        with monkeypatch.context() as locked:
            locked.setattr(orders, "undelete", raising(StoreBusy("It is locked; try again.")))
            await board.press("u")
            await board.until(lambda: "It is locked" in board.text())
        await board.press("u")
        await board.until(lambda: "Run 3 is back" in board.text())


def raising(error: Exception) -> Callable[..., NoReturn]:
    def raise_it(*_: object) -> NoReturn:
        raise error

    return raise_it


async def test_how_many_workers_there_may_be(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    async with opened(path) as board:
        await board.press("W")
        await board.until(lambda: "empty: one per core, at least 4" in board.text())
        await board.fill("workers", "many")
        await board.press("enter")
        await board.until(lambda: "not a whole number" in board.text())
        await board.fill("workers", "2")
        await board.press("enter")
        await board.until(lambda: isinstance(board.app.screen, Board))
        assert "At most 2 workers at once" in board.text()


async def test_steering_is_told_and_undone(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    with open_for_writing(path) as store:
        run_id = store.queue.add([defaults()])[0]
    async with opened(path) as board:
        await board.until(lambda: board.app.choices.pointed == run_id)
        await board.press("right_square_bracket")
        await board.until(lambda: f"Run {run_id}: step size 0.1 → 0.2" in board.text())
        await board.press("u")
        await board.until(lambda: f"Run {run_id}: step size 0.2 → 0.1" in board.text())
        await board.press("p")
        await board.until(lambda: state_of(path, run_id) == "paused")
        await board.press("u")
        await board.until(lambda: state_of(path, run_id) == "queued")
        await board.press("e", *"mine", "enter")
        await board.until(lambda: f"Saved name of run {run_id}. u undoes." in board.text())
        await board.press("u")
        await board.until(lambda: "from before the edit again" in board.text())
        await board.press("p", "t", "y", "u")  # a stop is the last act, even while it is carried out
        await board.until(lambda: "it as a new run. u once more undoes pausing run" in " ".join(board.text().split()))
        await board.press("u")
        await board.until(lambda: "has been stopped already; nothing to resume" in board.text())
    reader = open_for_reading(path)
    assert present(reader.run(run_id)).name == present(present(reader.run(run_id)).spec).label
    reader.close()


def state_of(path: Path, run_id: int) -> str:
    reader = open_for_reading(path)
    try:
        return present(reader.run(run_id)).state
    finally:
        reader.close()
