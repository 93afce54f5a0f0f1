"""The two lines about the run under the cursor."""

from __future__ import annotations

import pytest

from engine.spec import defaults
from engine.store import Evaluation
from tests.presence import present
from tests.tui.test_run_details import run_of
from tui.model.choices import Choices
from tui.model.run_seen import RunSeen
from tui.model.snapshot import Snapshot
from tui.presenting.describe import differing
from tui.widgets.details import details

RUNS = tuple(run_of(n, defaults().changed(step_size=n / 10)) for n in range(1, 4))
SEARCH = run_of(9, defaults("local-search"))


def second_line(pointed: int, marked: tuple[int, ...], width: int = 120) -> str:
    evaluations = (Evaluation(200, "train", 0.25, 0.98), Evaluation(200, "validation", 0.31, 0.972))
    snapshot = Snapshot(runs=(*RUNS, SEARCH), seen={pointed: RunSeen(evaluations=evaluations)})
    return details(snapshot, Choices(marked=marked, pointed=pointed), width)[1].text


def test_what_differs_between_the_run_under_the_cursor_and_the_marked_ones_is_named() -> None:
    assert "differs: step size " in second_line(1, (1, 2, 3))
    assert "differs: strategy, step size" in second_line(9, (1, 2, 3))
    assert "differs: step size " in second_line(3, (1,))
    assert "differs" not in second_line(1, (1,))


@pytest.mark.parametrize("width", range(20, 140, 5))
def test_nothing_is_cut_for_what_differs(width: int) -> None:
    line = second_line(9, (1, 2, 3), width)
    if "differs" in line:
        assert "…" not in line


@pytest.mark.parametrize("width", [110, 90, 70])
def test_numbers_that_tell_less_make_room_for_what_differs(width: int) -> None:
    told = {"train_loss": 0.25, "validation_loss": 0.31, "validation_accuracy": 0.972}
    run = run_of(1, present(RUNS[0].spec), **told)
    snapshot = Snapshot(runs=(run, *RUNS[1:]), seen={1: RunSeen(gradient_norm=0.259)})
    line, alone = (details(snapshot, Choices(marked=marked, pointed=1), width)[1].text for marked in ((1, 2), (1,)))
    assert "differs" in line
    assert ("norm" in line) == (width == 110)
    assert ("accuracy" in line) == (width > 70)
    assert "validation 0.3100" in line
    assert ("norm" in alone) == (width > 70)
    assert "accuracy" in alone


def test_differences_without_room_are_counted() -> None:
    other = run_of(9, defaults("local-search").changed(seed=3, iterations=77, pace=20.0))
    runs = (*RUNS, other)
    snapshot = Snapshot(runs=runs)
    marked = Choices(marked=(1, 2, 3), pointed=9)
    wide, narrow = (details(snapshot, marked, width)[1].text for width in (160, 60))
    for line in (wide, narrow):
        told, _, more = line.partition("differs: ")[2].rstrip().rpartition(" +")
        assert len(told.split(", ")) + int(more.removesuffix(" more")) == len(
            differing(tuple(present(run.spec) for run in runs))
        )


@pytest.mark.parametrize("width", range(30, 140, 3))
def test_no_number_of_a_run_is_cut_and_what_keeps_it_from_going_on_comes_first(width: int) -> None:
    told = {"train_loss": 0.25, "validation_loss": 0.31, "validation_accuracy": 0.972, "test_accuracy": 0.95}
    run = run_of(1, defaults(), iterations_done=1500, evaluated_at=4, **told)
    line = details(Snapshot(runs=(run,)), Choices(pointed=1), width)[1].text.rstrip()
    whole = [" train 0.2500", "validation 0.3100", "validation accuracy 97.2 %", "test accuracy 95.0 %"]
    shown = line.strip().removesuffix("at 4").rstrip().split("  ")
    assert line.endswith("  at 4")
    assert [one.strip() for one in shown] == [one.strip() for one in whole[: len(shown)]]
    assert len(shown) == len(whole) or width < 100
    failed = run_of(1, defaults(), state="failed", reason="the disk is full", **told)
    assert "the disk is full" in details(Snapshot(runs=(failed,)), Choices(pointed=1), width)[1].text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("silent", "its worker has written nothing for a while"),
        ("waiting", "the disk is full"),
        ("lost", "10 iterations are kept"),
    ],
)
def test_what_keeps_a_run_from_going_on_is_said(status: str, said: str) -> None:
    run = run_of(1, defaults(), state="running", reason="the disk is full" if status == "waiting" else "")
    snapshot = Snapshot(runs=(run,), judged={1: status})
    assert said in details(snapshot, Choices(pointed=1), 120)[1].text


def test_an_evaluation_of_an_earlier_iteration_says_so() -> None:
    told = {"train_loss": 0.25, "validation_loss": 0.31, "validation_accuracy": 0.972, "evaluated_at": 4}
    early = run_of(1, defaults(), state="running", iterations_done=1500, **told)
    assert (
        " train 0.2500  validation 0.3100  validation accuracy 97.2 %  at 4  "
        in details(Snapshot(runs=(early,)), Choices(pointed=1), 120)[1].text
    )
    there = run_of(1, defaults(), iterations_done=4, **told)
    assert " at " not in details(Snapshot(runs=(there,)), Choices(pointed=1), 120)[1].text


@pytest.mark.parametrize("width", range(70, 130, 10))
def test_why_a_diverged_run_was_stopped_is_whole_and_the_advice_makes_room(width: int) -> None:
    run = run_of(123, defaults(), state="cancelled", reason="stopped at iteration 1234567", diverged_at=1234565)
    line = details(Snapshot(runs=(run,)), Choices(pointed=123), width)[1].text
    assert "diverged at iteration 1,234,566" in line
    assert "stopped at iteration 1234567" in line


def test_iterations_are_told_with_their_thousands() -> None:
    run = run_of(1, defaults(), diverged_at=12345)
    assert "diverged at iteration 12,346" in details(Snapshot(runs=(run,)), Choices(pointed=1), 120)[1].text
