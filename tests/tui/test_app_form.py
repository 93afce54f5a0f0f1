"""The form for a new run: what it shows, what it refuses and in which words, what it starts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.spec import FIELDS, OBJECTIVES, STRATEGY_KINDS, SpecError, defaults, parse_field
from engine.store import Run, StoreFull
from tests.presence import present
from tests.tui.dashboards import Opened, opened, raced, stored_runs
from tui.app.actions import orders
from tui.model.messages import RunRejected, RunsQueued, RunSubmitted
from tui.screens.board import Board
from tui.screens.new_run import NewRun


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("engine.jobs.people.submit.start_workers", lambda path: 0)
    return raced(tmp_path / "runs.db")


def newest(path: Path) -> Run:
    return stored_runs(path)[0]


async def type_into(board: Opened, field: str, text: str) -> None:
    """Replace what a field holds by typing."""
    box = board.app.screen.query_one(f"#{field}", Input)
    box.focus()
    await board.pilot.pause()
    box.value = ""
    await board.press(*({" ": "space", ".": "full_stop", "-": "minus"}.get(letter, letter) for letter in text))


def tabs(start: str, end: str) -> list[str]:
    """The tabs from one field of the default form to another."""
    shown = [name for name, field in FIELDS.items() if field.applies(asdict(defaults()))]
    return ["tab"] * (shown.index(end) - shown.index(start))


async def test_enter_starts_the_defaults(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n", "enter")
        await board.until(lambda: board.all_of(RunsQueued))
        assert board.all_of(RunSubmitted)[0].spec == defaults()
        await board.until(lambda: isinstance(board.app.screen, Board))
        await board.until(lambda: "1 queued" in board.text())
        assert board.app.choices.pointed == 4
    assert newest(path).spec == defaults()


async def test_a_strategy_brings_its_defaults_and_hides_what_does_not_apply(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        assert "batch size" in board.text()
        assert "step size" in board.text()
        await board.press("left")
        assert "local-search" in board.text()
        assert "batch size" not in board.text()
        assert "0.03" in board.text()
        await board.press("left")
        assert "random-search" in board.text()
        assert "step size" not in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    spec = newest(path).spec
    assert spec == defaults("random-search")
    assert spec.initial_scale == STRATEGY_KINDS["random-search"].defaults["initial_scale"]


async def test_an_objective_brings_its_defaults_of_choices_too(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n", "tab", *["right"] * (OBJECTIVES.index("mlp") - OBJECTIVES.index("svm")))
        assert "hidden layers     128,64" in board.text()
        assert "start             he" in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    assert newest(path).spec == defaults(objective="mlp")


REFUSED = (
    ("step_size", "abc"), ("step_size", "0"), ("step_size", "-1"), ("step_size", "nan"), ("step_size", "inf"),
    ("batch_size", "0"), ("batch_size", "2.5"), ("iterations", "0"), ("iterations", "many"), ("seed", "-1"),
    ("regularization_strength", "-0.1"), ("pace", "0"), ("delta", ""),
)  # fmt: skip


async def test_what_will_not_do_is_said_beside_the_field_and_nothing_starts(path: Path) -> None:
    async with opened(path, (140, 35)) as board:
        await board.press("n")
        before = {box.id: box.value for box in board.app.screen.query(Input)}
        for field, text in REFUSED:
            with pytest.raises(SpecError) as refused:
                parse_field(field, text)
            await type_into(board, field, text)
            assert refused.value.message.partition(": ")[2][:60] in board.text(), (field, text)
            board.app.set_focus(None)
            await board.press("enter")
            assert not board.all_of(RunSubmitted), (field, text)
            assert isinstance(board.app.screen, NewRun)
            assert present(board.app.screen.focused).id == field
            board.app.screen.query_one(f"#{field}", Input).value = before[field]
    assert len(stored_runs(path)) == 3


async def test_no_budget_at_all_is_said(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await type_into(board, "iterations", "none")
        assert "give a budget: iterations, seconds or both" in board.text()


async def test_a_batch_larger_than_the_data_is_refused_with_the_form_still_there(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await type_into(board, "batch_size", "99999")
        await board.press("enter")
        await board.until(lambda: board.all_of(RunRejected))
        await board.until(lambda: board.all_of(RunRejected)[0].sentence[:40] in board.text())
        assert isinstance(board.app.screen, NewRun)
    assert len(stored_runs(path)) == 3


async def test_esc_goes_back_and_what_was_typed_is_there_again(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await type_into(board, "step_size", "0.25")
        await type_into(board, "name", "half q?")
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
        await board.press("n")
        assert "0.25" in board.text()
        assert "half q?" in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    run = newest(path)
    assert (run.name, present(run.spec).step_size) == ("half q?", 0.25)


async def test_keys_that_arrive_in_one_bunch_reach_their_fields(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.pilot.press(
            *tabs("strategy", "step_size"), *"1e", "minus", "2",
            *tabs("step_size", "batch_size"), *"64",
            *tabs("batch_size", "iterations"), *"500",
        )  # fmt: skip
        await board.pilot.pause()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    spec = present(newest(path).spec)
    assert (spec.step_size, spec.batch_size, spec.iterations) == (0.01, 64, 500)


async def test_a_run_that_cannot_be_queued_says_why_in_the_form(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFull("The disk is full: make room and try again.")

    async with opened(path) as board:
        with monkeypatch.context() as disk:
            disk.setattr(orders, "start", full)
            await board.press("n", "enter")
            await board.until(lambda: "The disk is full" in board.text())
            assert isinstance(board.app.screen, NewRun)
            assert "starting" not in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
