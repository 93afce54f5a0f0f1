"""All that is known of a run: every section, at every width, whatever a store holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from engine.spec import FIELDS, OBJECTIVES, RunSpec, defaults
from engine.store import Evaluation, Event, Run, RunBackground, Worker
from tui.model.choices import Choices
from tui.model.run_seen import RunSeen
from tui.model.snapshot import Snapshot
from tui.presenting.describe import describe
from tui.presenting.run_details import MOST_EVALUATIONS, run_details
from tui.text.parts import cells

HOSTILE = "[/nope]\x1b]0;owned\x07\x1b[31m\u202e" + "w" * 400
WORKER = Worker(3, HOSTILE, "boot", 77, 1, "2026-01-02T03:04:05Z", 0.0, "/log", None)


def run_of(run_id: int, spec: RunSpec | None, **values: Any) -> Run:
    nothing = dict.fromkeys(Run.__dataclass_fields__)
    given = {"state": "finished", "name": "", "note": "", "reason": "", "tags": (), "iterations_done": 10, "attempt": 1}
    return Run(**{**nothing, **given, "elapsed_s": 1.0, "created_at": "2026-01-02T03:04:05Z", "run_id": run_id,
                  "kind": "engine", "project": "", "run_group": "", "retries": 0,
                  "spec": spec, **values})  # fmt: skip


def told(run: Run, others: Sequence[Run] = (), width: int = 100, **snapshot: Any) -> str:
    runs = (run, *others)
    choices = Choices(marked=tuple(one.run_id for one in runs), pointed=run.run_id)
    lines = run_details(Snapshot(rows=runs, runs=runs, **snapshot), choices, width)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_every_field_that_decides_something_is_told() -> None:
    spec = defaults()
    text = told(run_of(1, spec))
    chosen = {name: getattr(spec, name) for name in FIELDS}
    assert all((f" {field.label} " in text) == field.applies(chosen) for field in FIELDS.values())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_margin_is_told_where_there_is_one(objective: str) -> None:
    assert ("Δ 1" in describe(run_of(1, defaults(objective=objective)))) == ("svm" in objective)


def test_what_differs_from_the_other_marked_runs_is_shown_beside_it() -> None:
    others = [run_of(2, defaults().changed(step_size=0.5)), run_of(3, defaults("random-search"))]
    text = told(run_of(1, defaults()), others, width=60)
    assert "0.1  others 0.5" in text
    assert "gradient-descent  others random-search" in text
    assert "256  others" not in text


def test_a_run_that_diverged_says_so_once_with_the_reason_and_what_helps() -> None:
    spec = defaults().changed(step_size=50.0)
    text = told(run_of(1, spec, diverged_at=62, reason="diverged"), width=160)
    assert text.count("diverged at iteration 63") == text.count("iteration 63") == 1
    assert "Step size 50 is probably too large; s compares smaller ones." in text
    assert text.count("diverged") == 2  # the status, and the sentence


def test_the_newest_loss_and_accuracy_of_every_split_are_told() -> None:
    reached = {"train": (0.25, 0.981), "validation": (0.31, 0.972), "test": (0.33, 0.95)}
    fields = {
        f"{split}_{name}": value
        for split, pair in reached.items()
        for name, value in zip(("loss", "accuracy"), pair, strict=True)
    }
    text = told(run_of(1, defaults(), **fields))
    for split, (loss, accuracy) in reached.items():
        assert re.search(rf" {split} loss +{loss:.4f}", text)
        assert re.search(rf" {split} accuracy +{accuracy:.1%}".replace("%", " %"), text)


def test_names_are_whole_and_reasons_and_states_have_words_for_people() -> None:
    name = "a long name " * 20 + "end"
    text = told(run_of(1, defaults(), name=name, reason="planned iterations done"), width=60)
    assert "end" in text.splitlines()[5]
    assert "finished all 10 iterations" in text
    assert " stopped" in told(run_of(1, defaults(), state="cancelled")).splitlines()[0]
    assert "2026 " in told(run_of(1, defaults()))


def test_evaluations_are_told_newest_first_and_not_without_end() -> None:
    splits = [(n, split) for n in range(MOST_EVALUATIONS + 5) for split in ("train", "validation")]
    evaluations = tuple(Evaluation(n, split, n / 10, 0.5) for n, split in splits)
    text = told(run_of(1, defaults()), seen={1: RunSeen(evaluations=evaluations)})
    rows = [line.split() for line in text.splitlines() if "50.0 %" in line]
    assert rows[0] == ["204", "20.40", "50.0", "%", "20.40", "50.0", "%", "·", "·"]
    assert len(rows) == MOST_EVALUATIONS
    assert "and 5 earlier ones" in text


def test_events_family_and_where() -> None:
    events = (
        Event(5, "set-step-size", "0.05", "step size 0.05 from iteration 5 on", "2026-01-02T03:04:05Z"),
        Event(7, "fork", "9", "run 9 was forked here", "2026-01-02T03:04:05Z"),
    )
    run = run_of(4, defaults(), parent_id=2, parent_iteration=3, sweep_id=6, attempt=2, note="a note", tags=("keep",))
    background = RunBackground(4, (("numpy", "2.4.6"), ("blas_threads", "1")), WORKER, 1, "wide")
    text = told(run, seen={4: RunSeen(events=events)}, background=background)
    for words in (
        *("set step size 0.05", "forked as run 9", "goes on from run 2 at iteration 3", "of sweep 6  wide"),
        *("taken up 2 times", "numpy", "2.4.6", "blas threads", "process 77", "workers lost", "a note", "#keep"),
    ):
        assert words in text
    assert "numpy" not in told(run, background=RunBackground(5, (("numpy", "2.4.6"),)))


@pytest.mark.parametrize("width", [10, 40, 72, 200])
def test_foreign_text_is_harmless_at_any_width(width: int) -> None:
    run = run_of(1, None, name=HOSTILE, note=HOSTILE, tags=(HOSTILE,), reason=HOSTILE, state="failed", sweep_id=2,
                 created_at=HOSTILE)  # fmt: skip
    events = (Event(1, HOSTILE, HOSTILE, HOSTILE, HOSTILE),)
    text = told(
        run,
        width=width,
        seen={1: RunSeen(events=events)},
        background=RunBackground(1, ((HOSTILE, HOSTILE),), WORKER, 0, HOSTILE),
    )
    assert text.replace("\n", "").isprintable()
    assert "this version cannot read it" in " ".join(text.split())


def test_two_columns_never_overlap() -> None:
    lines = run_details(Snapshot(rows=(run := run_of(1, defaults()),), runs=(run,)), Choices(pointed=1), 80)
    assert all(cells(line) <= 80 for line in lines)


def test_there_may_be_no_run() -> None:
    assert run_details(Snapshot(), Choices(), 80) == []


@pytest.mark.parametrize("width", [40, 80])
def test_nothing_of_a_long_text_is_cut_off(width: int) -> None:
    note = "漢字" * 60 + " " + "words " * 300 + "the end"
    spec = defaults().changed(dataset="/data/" + "folder/" * 20 + "mine.csv")
    run = run_of(1, spec, note=note, tags=("keep",) * 30 + ("last",))
    events = tuple(Event(5, "fork", str(number), "", "2026-01-02T03:04:05Z") for number in range(100, 160))
    lines = run_details(Snapshot(rows=(run,), runs=(run,), seen={1: RunSeen(events=events)}), Choices(pointed=1), width)
    assert all(cells(line) <= width for line in lines)
    text = "".join(text.strip() for line in lines for text, _ in line)
    assert "漢字" * 60 in text
    assert all(words in text for words in ("the end", "mine.csv", "#last", "159"))


def test_what_others_have_goes_on_below_where_it_is_long() -> None:
    others = [run_of(number, defaults().changed(step_size=number / 1000)) for number in range(2, 9)]
    text = told(run_of(1, defaults()), others, width=40)
    assert all(f"0.00{number}" in text for number in range(2, 9))
    assert all(len(line) <= 40 for line in text.splitlines() if "0.00" in line)
