"""News: what became of runs is told once, in one sentence, and gone at the next key."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.spec import defaults
from engine.store import open_for_writing
from engine.store.records.runs import RunState
from tests.tui.dashboards import opened, store_with
from tests.tui.test_choices import run_of
from tui.model.choices import MOST_AUTOMATIC, MOST_MARKED, Choices
from tui.model.snapshot import Snapshot
from tui.presenting.news import News, added, marks, news, sentence

STATUSES = ("queued", "running", "paused", "finished", "failed", "cancelled", "lost", "silent", "waiting", "diverged")
LOOKS = st.dictionaries(st.integers(1, 9), st.sampled_from(STATUSES))


def chart_options(statuses: dict[int, str], **every: Any) -> Snapshot:
    """A snapshot of runs in these statuses."""
    runs, judged = [], {}
    for run_id, status in statuses.items():
        one = run_of(run_id, cast("RunState", status))
        if status in ("lost", "silent", "waiting"):
            judged[run_id], one = status, replace(one, state="running")
        elif status == "diverged":
            one = replace(one, state="finished", diverged_at=3)
        runs.append(replace(one, **every))
    return Snapshot(runs=tuple(runs), judged=judged, counts=Counter(one.state for one in runs))


@given(LOOKS, LOOKS)
@example({1: "queued", 2: "finished"}, {1: "finished", 2: "queued"})
def test_only_runs_that_were_going_on_and_changed_are_told_and_each_once(
    before: dict[int, str], after: dict[int, str]
) -> None:
    found = news(chart_options(before), chart_options(after))
    told = [one.run_id for one in found]
    assert told == sorted(set(told))
    assert all(before.get(run_id, after[run_id]) != after[run_id] for run_id in told)
    assert not any(before[run_id] in ("finished", "failed", "diverged", "cancelled") for run_id in told)
    assert not any(after[run_id] in ("cancelled", "paused") for run_id in told)
    ended = {"finished", "failed", "diverged"}
    going_on = {run_id for run_id, status in before.items() if status not in (*ended, "cancelled")}
    assert {run_id for run_id in going_on if after.get(run_id) in ended} <= set(told)
    assert news(chart_options(after), chart_options(after)) == ()


@given(st.lists(LOOKS, max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_all_that_happened_is_one_line(looks: list[dict[int, str]]) -> None:
    told: tuple[News, ...] = ()
    for before, after in itertools.pairwise(looks):
        told = added(told, news(chart_options(before), chart_options(after)))
    text = sentence(told)
    assert bool(text) == bool(told)
    assert text.isprintable()
    assert len(text) < 160


def test_sentences() -> None:
    one = {1: "running", 2: "running", 3: "silent", 4: "lost", 5: "running", 6: "running"}
    assert sentence(news(chart_options(one), chart_options(one | {1: "finished"}))) == "Run 1 finished."
    ended = one | {1: "finished", 2: "finished", 3: "lost", 4: "queued", 5: "diverged", 6: "failed"}
    assert sentence(news(chart_options(one), chart_options(ended))) == (
        "Run 6 failed; run 3 lost its worker and is restarted; run 5 diverged; run 4 resumed; runs 1 and 2 finished."
    )
    many = dict.fromkeys(range(1, 6), "running")
    assert sentence(news(chart_options(many), chart_options(dict.fromkeys(many, "finished")))) == "5 runs finished."
    assert sentence(()) == ""


@pytest.mark.parametrize(("strategy", "result"), [
    ("gradient-descent", "batch loss 0.2144"), ("local-search", "loss 0.2144"), ("random-search", "loss 0.2144"),
])  # fmt: skip
def test_what_is_told_of_a_run_that_finished_is_what_runs_are_ranked_by(strategy: str, result: str) -> None:
    reached = {"best_loss": 0.0634, "last_loss": 7.0, "current_loss": 0.2144, "spec": defaults(strategy)}
    before = chart_options({1: "running"})
    assert sentence(news(before, chart_options({1: "finished"}, **reached))) == f"Run 1 finished at {result}."
    evaluated = chart_options({1: "finished"}, **reached, train_loss=0.3111)
    assert sentence(news(before, evaluated)) == "Run 1 finished at train loss 0.3111."


async def test_what_happens_elsewhere_is_told_until_the_next_key(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writers = store_with(path, *((f"run {n}", defaults().changed(seed=n)) for n in range(1, 5)), finish=False)
    async with opened(path) as board:
        assert board.app.choices.pointed == 4
        await board.press("n")
        writers[0].finish()
        writers[1].fail("out of memory")
        await board.until(lambda: board.app.snapshot.counts.get("failed"))
        await board.press("j", "escape")
        await board.until(lambda: "Run 2 failed; run 1 finished at train loss 0.2500." in board.text())
        assert "   1 done   1 failed " in board.text().splitlines()[0]
        writers[3].finish()
        await board.until(lambda: board.app.snapshot.counts["finished"] == 2)
        assert "Run 2 failed; run 1 finished at" in board.text()
        await board.press("j")
        assert "finished at" not in board.text()
        writers[2].finish()
        await board.until(lambda: board.app.snapshot.counts["finished"] == 3)
        assert "finished at" not in board.text()
    with open_for_writing(path) as store:
        assert store.reader().counts()["failed"] == 1


def test_what_becomes_of_marks_when_runs_start_is_told() -> None:
    def started(choices: Choices, *run_ids: int) -> Choices:
        return choices.follow(
            [run_of(n) for n in sorted({*choices.considered, *choices.marked, *run_ids}, reverse=True)]
        )

    few = started(Choices(), 1, 2)
    assert marks(few, started(few, 3)) == ""
    full = started(few, *range(3, MOST_AUTOMATIC + 1))
    assert marks(full, started(full, 9)) == "Run 9 is drawn in place of run 1."
    assert marks(full, started(full, 9, 10)) == "Runs 9 and 10 are drawn in place of runs 1 and 2."
    many = marks(full, started(full, *range(20, 30)))
    assert many.startswith("8 runs are drawn in place of 8 runs. Runs 20 and 21 are not drawn: ")
    assert many.endswith("a all of the list.")
    by_hand = Choices().marking_only(range(1, MOST_MARKED + 1)).pointing_at(1)
    assert marks(by_hand, started(by_hand, 99)) == "Run 99 is not drawn: 64 runs are marked; space unmarks one."
    assert marks(by_hand.pointing_at(99), started(by_hand.pointing_at(99), 99)) == ""
