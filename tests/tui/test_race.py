"""The race: what its verdict says is true of its numbers, however its runs ended and whatever is looked at."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import defaults, race
from engine.store import Evaluation, Run, open_for_writing
from tests.presence import present
from tests.stores import block_of, process
from tests.tui.dashboards import losses, opened
from tests.tui.test_choices import run_of
from tui.model.snapshot import Snapshot
from tui.presenting.lessons import of_race
from tui.presenting.race import racers, verdict, way
from tui.text import numbers

FIELDS = ("train_loss", "validation_accuracy", "iterations_done", "evaluated_at")
REACHED = (
    (7.531, 0.1, 1000, 1000),
    (0.8043, 0.83, 1000, 1000),
    (0.1686, 0.9767, 1000, 1000),
    (0.169, 0.983, 1000, 1000),
)


def raced(*changed: dict[str, Any]) -> tuple[Run, ...]:
    """The runs of a race, as it ends on digits or with something changed in each of them."""
    runs = []
    for number, (spec, reached) in enumerate(zip(race(), REACHED, strict=True)):
        change = changed[number] if number < len(changed) else {}
        told: dict[str, Any] = dict(zip(FIELDS, reached, strict=True))
        # of single batches: compared with none
        told |= {"best_loss": 0.01, "last_loss": 0.02, "current_loss": 0.03}
        runs.append(replace(run_of(number + 1), spec=spec, **told))
        runs[-1] = replace(runs[-1], **change)
    return tuple(runs)


def test_gradient_descent_wins_by_the_train_loss_and_the_split_of_the_digits_is_named() -> None:
    assert verdict(raced()) == (
        "Gradient descent wins, full batch or mini-batch: train loss 0.1686 and 0.1690, 98 % of validation digits "
        "right. Local search 0.8043, random search 7.531."
    )
    assert verdict(raced({}, {}, {"train_loss": 0.3})) == (
        "Gradient descent (mini-batch) wins: train loss 0.1690, 98 % of validation digits right. "
        "Full batch 0.3000, local search 0.8043, random search 7.531."
    )
    assert verdict(raced()[:2]).startswith("Local search wins: train loss 0.8043, 83 % of validation digits right.")
    assert verdict(raced(), long=False) == (
        "full batch 0.1686 · mini-batch 0.1690 · local search 0.8043 · random search 7.531"
    )


def test_losses_within_two_percent_share_the_win() -> None:
    near: list[dict[str, Any]] = [{"train_loss": loss} for loss in (0.1, 0.101, 0.102, 0.103)]
    assert verdict(raced(*near)).startswith(
        "Random search, local search and full batch win: train loss 0.1000, 0.1010 and 0.1020, 10, 83 and 98 %"
    )
    assert verdict(raced(*near)).endswith("right. Mini-batch 0.1030.")


def test_what_was_stopped_diverged_or_failed_is_told_and_nobody_wins() -> None:
    stopped = {"state": "cancelled", "iterations_done": 430, "train_loss": 0.21, "evaluated_at": 420}
    diverged = {"state": "finished", "iterations_done": 12, "diverged_at": 11, "train_loss": None}
    failed = {"state": "failed", "iterations_done": 0, "train_loss": None}
    assert verdict(raced({}, failed, diverged, stopped)) == (
        "The race is over: local search failed at 0 of 1,000; full batch diverged at 12 of 1,000; mini-batch stopped "
        "at 430 of 1,000 (train loss 0.2100 at 420). Random search 7.531."
    )
    assert verdict(raced(failed, failed, failed, failed)).count("failed at 0") == 4


ENDS = st.fixed_dictionaries({
    "state": st.sampled_from(["finished", "finished", "finished", "cancelled", "failed"]),
    "diverged_at": st.sampled_from([None, None, None, 7]),
    "train_loss": st.one_of(st.none(), st.floats(1e-3, 1e4), st.sampled_from([float("inf"), float("nan")])),
    "validation_accuracy": st.one_of(st.none(), st.floats(0, 1)),
})  # fmt: skip


@given(st.lists(ENDS, min_size=4, max_size=4))
def test_whoever_wins_has_the_lowest_train_loss_of_all(ends: list[dict[str, str | float | None]]) -> None:
    runs = raced(*ends)
    said = verdict(runs)
    arrived = [run for run in runs if run.state == "finished" and run.diverged_at is None]
    arrived = [run for run in arrived if run.train_loss is not None and run.train_loss < float("inf")]
    assert (" win" in said.split(".")[0].split(":")[0]) == (len(arrived) == len(runs))
    for run in runs:  # each by its own number, and no other one
        if run in arrived:
            assert numbers.loss(run.train_loss) in said
        else:
            assert re.search(rf"{way(run.spec)} (stopped|failed|ended|diverged) at", said)
    if len(arrived) == len(runs):
        least = min(runs, key=lambda run: present(run.train_loss))
        head, _, rest = said.partition(".  " if ".  " in said else "right. " if "right. " in said else ". ")
        assert f"train loss {numbers.loss(least.train_loss)}" in head
        if not least.searches:
            assert head.startswith("Gradient descent") or " and " in head.split(":")[0]
        told = [float(text) for text in re.findall(r"(\d[\d.e-]*\d|\d)(?=[,.] |[,.]?$)", rest)]
        assert told == sorted(told)


def snapshot_of(runs: tuple[Run, ...], **more: Any) -> Snapshot:
    counts: dict[str, int] = {state: sum(run.state == state for run in runs) for state in {run.state for run in runs}}
    return Snapshot(newest=runs[::-1], counts=counts, **more)


def test_a_race_is_the_four_ways_and_nothing_else() -> None:
    runs = raced()
    assert racers(snapshot_of(runs)) == runs
    assert racers(snapshot_of((*runs[:2], runs[3]))) == (*runs[:2], runs[3])
    assert racers(snapshot_of(runs[:1])) == ()
    assert racers(snapshot_of((*runs, replace(run_of(5), spec=defaults())))) == ()
    assert racers(snapshot_of((*runs, replace(runs[0], run_id=5)))) == ()
    assert racers(snapshot_of((*runs[:3], replace(runs[3], state="running")))) == ()
    assert racers(replace(snapshot_of(runs), counts={"finished": 5})) == ()


def store_of_the_race(path: Path) -> Path:
    """The race after its end: the last batch of each run had a loss that says nothing."""
    with open_for_writing(path) as store:
        for number, (spec, (train, accuracy, count, _)) in enumerate(zip(race(), REACHED, strict=True), start=1):
            store.queue.add([spec])
            writer = store.writer(present(store.queue.claim(store.register_worker(process(number)))))
            writer.begin("{}", examples_per_iteration=spec.batch_size or 1198)
            values = [Evaluation(count, "train", train, accuracy), Evaluation(count, "validation", train, accuracy)]
            writer.finish(block=block_of(losses(10.0, count)), evaluations=values)
    return path


async def test_the_verdict_stands_whatever_is_drawn_and_the_lesson_until_it_is_put_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = store_of_the_race(tmp_path / "runs.db")
    taught = "Mini-batches: 0.1690 with 256,000 examples; full batch: 0.1686 with 1,198,000"
    async with opened(path) as board:
        await board.press("space", "j", "space", "enter")
        assert "Gradient descent wins, full batch or mini-batch: train loss 0.1686" in board.text()
        assert taught in board.text()
        assert "s sweep step sizes" in board.text()
        await board.press("r")
        await board.until(lambda: "⏵" in board.text() or "⏸" in board.text())
        assert "wins" not in board.text()
        await board.press("r", "escape")
        await board.until(lambda: taught in board.text())
        await board.press("escape")
        assert "wins" not in board.text()
        assert taught not in board.text()
    async with opened(path) as board:
        assert "Gradient descent wins" in board.text()
        assert taught not in board.text()
        assert "sweep step sizes" not in board.text()


def test_the_lesson_of_a_race_that_was_stopped_tells_what_its_losses_took() -> None:
    stopped = {"state": "cancelled", "iterations_done": 430, "train_loss": 0.21, "evaluated_at": 420}
    runs = [
        replace(run, examples_per_iteration=present(run.spec).batch_size or 1198) for run in raced({}, {}, {}, stopped)
    ]
    assert present(of_race(runs)).seen == (
        "Mini-batches: 0.2100 with 107,520 examples; full batch: 0.1686 with 1,198,000; x x draws it so.",
    )
    assert present(of_race([replace(run, train_loss=None) for run in runs])).seen == ()
    assert of_race(()) is None


async def test_where_there_is_no_room_for_a_line_of_its_own_the_key_stands_beside_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = store_of_the_race(tmp_path / "runs.db")
    async with opened(path, (100, 16)) as board:
        assert "s: sweep step sizes" in board.text()
        assert "Mini-batches" not in board.text()
        await board.pilot.resize_terminal(40, 12)
        await board.until(lambda: "› full batch 0.1686" in board.text())
        await board.pilot.resize_terminal(80, 24)
        await board.until(lambda: "Mini-batches took 4.7x fewer examples." in board.text())
