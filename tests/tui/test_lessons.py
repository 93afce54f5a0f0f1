"""Lessons: what they say is true of the numbers, and each is told once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.probe import judge
from engine.jobs.people import probe
from engine.jobs.people.progress import SweepOutcome, outcome
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import Run, open_for_reading, open_for_writing
from engine.sweep import Axis, Comparison, SweepPlan
from engine.sweep.axis import Value
from engine.sweep.comparison import Equal
from engine.sweep.outcome import RunMeasurement, best_of, results
from engine.trace.curve import NO_ROWS
from tests.presence import present
from tests.tui.dashboards import Opened, opened
from tests.tui.test_choices import run_of
from tui.model.run_seen import RunSeen, VisiblePart
from tui.model.sweep_seen import SweepSeen
from tui.presenting.lessons import of_probe, of_sweep
from tui.screens.probe import ProbeView
from tui.screens.sweep_dialog import SweepDialog
from tui.screens.sweep_view import SweepView
from tui.text import numbers
from tui.view_state import saved_view

SIZES = tuple(float(f"1e{power}") for power in range(-4, 3))
START = 9.0
BASE = defaults().changed(iterations=60, batch_size=32)


def swept(
    axis: Axis,
    losses: Sequence[float | None],
    states: Sequence[tuple[str, bool]] = (),
    examples: int = 256,
    elapsed: float = 1.0,
    pace: float | None = None,
) -> SweepSeen:
    """A sweep that is over, with these train losses; its runs began at START."""
    plan = SweepPlan(BASE.changed(pace=pace), (axis,))
    runs: dict[int, Run] = {}
    measured: list[RunMeasurement] = []
    for number, (value, loss) in enumerate(zip(axis.values, losses, strict=True), start=1):
        state, diverged = states[number - 1] if states else ("finished", False)
        measured.append(RunMeasurement(number, (value,), state, 60, loss, loss, 0.9, diverged, 60))
        each = int(value or 1198) if axis.field == "batch_size" else examples
        runs[number] = replace(
            run_of(number),
            spec=plan.spec,
            iterations_done=60,
            examples_per_iteration=each,
            elapsed_s=elapsed * number,
        )
    found = results(measured)
    curve = replace(NO_ROWS, mean=np.array([START, 5.0]))
    drawn = {number: RunSeen(visible=VisiblePart(curve)) for number in runs}
    states_now = {"finished": len(runs)}
    over = SweepOutcome(1, "", plan, found, best_of(plan.axes, found), states_now, len(runs), len(runs), 0, 0.0, ())
    return SweepSeen(1, over, runs=runs, drawn=drawn)


RUNS = st.tuples(st.sampled_from(["finished", "finished", "cancelled"]), st.sampled_from([False, False, True]))
CLAIM = re.compile(r"([\d.,]+)x (smaller|larger) (hardly moves|explodes|ends at ([\d.e-]+))")


@given(
    st.lists(st.floats(0.1, 1e5) | st.none(), min_size=len(SIZES), max_size=len(SIZES)),
    st.lists(RUNS, min_size=len(SIZES), max_size=len(SIZES)),
)
def test_what_is_said_of_step_sizes_is_so(losses: list[float | None], states: list[tuple[str, bool]]) -> None:
    seen = swept(Axis("step_size", SIZES), losses, states)
    lesson = of_sweep(seen)
    best = present(seen.outcome).best
    assert (lesson is None) == (best is None)
    if lesson is None:
        return
    best = present(best)
    lowest = present(best.values[0])
    assert lesson.keys == "b"
    assert [len(text) for text in lesson.seen] == sorted(map(len, lesson.seen), reverse=True)
    for text in lesson.seen:
        told = f"{numbers.setting(best.values[0], 3)} is best: loss {numbers.loss(best.train_loss)}"
        assert text.startswith(told) or CLAIM.search(text)
    for times, where, what, loss in CLAIM.findall(lesson.seen[0]):
        factor = float(times.replace(",", ""))
        size = lowest / factor if where == "smaller" else lowest * factor
        [there] = [result for result in seen.values if result.values[0] == pytest.approx(size)]
        if what == "hardly moves":
            assert present(there.train_loss) >= 0.75 * START
            assert there.complete
        elif what == "explodes":
            assert there.diverged or present(there.train_loss) > START
        else:
            assert loss.rstrip(".") == numbers.loss(there.train_loss)
            assert there.complete


def test_a_sweep_over_step_sizes_is_told_with_its_two_ends() -> None:
    lesson = present(of_sweep(swept(Axis("step_size", SIZES), [8.4, 3.5, 0.606, 0.2444, 0.207, 2.98, 1714.0])))
    assert lesson.seen[0] == (
        "1 is best: loss 0.2070; 10x smaller ends at 0.2444; 10,000x smaller hardly moves; 100x larger explodes."
    )
    assert lesson.seen[-1] == "1 is best: loss 0.2070."


@given(st.lists(st.floats(0.1, 10), min_size=6, max_size=6))
def test_what_is_said_of_batch_sizes_is_so(losses: list[float]) -> None:
    sizes: tuple[Value, ...] = (1, 4, 16, 64, 256, None)
    seen = swept(Axis("batch_size", sizes), losses, pace=100.0)
    lesson = present(of_sweep(seen))
    best = present(present(seen.outcome).best)
    name = "Full batch" if best.values == (None,) else f"Batch {best.values[0]}"
    examples = {value: int(60 * (value or 1198)) for value in sizes}
    assert lesson.seen[0].startswith(
        f"{name} is lowest: {numbers.loss(best.train_loss)} after {examples[best.values[0]]:,} examples"
    )
    assert " s." not in lesson.seen[0]  # paced: their time was given to them
    other = re.search(r"(batch (\d+)|full batch) gets to ([\d.]+) with ([\d.,]+)x fewer", lesson.seen[0])
    near = [one for one in seen.values if present(one.train_loss) <= 1.5 * present(best.train_loss)]
    frugal = min(near, key=lambda one: examples[one.values[0]])
    assert (other is None) == (frugal.values == best.values)
    if other is not None:
        assert frugal.values == (int(other[2]) if other[2] else None,)
        assert other[3] == numbers.loss(frugal.train_loss)
        ratio = examples[best.values[0]] / examples[frugal.values[0]]
        assert float(other[4].replace(",", "")) == pytest.approx(ratio, rel=0.05)


def test_the_time_is_told_where_runs_went_at_full_speed() -> None:
    lesson = present(of_sweep(swept(Axis("batch_size", (16, 512)), [0.221, 0.152], elapsed=0.4)))
    assert lesson.seen[0] == (
        "Batch 512 is lowest: 0.1520 after 30,720 examples; batch 16 gets to 0.2210 with 32x fewer, "
        "in 0.4 instead of 0.8 s."
    )
    assert lesson.seen[-1] == "Batch 16 is near batch 512 with 32x fewer examples."


def test_other_sweeps_and_those_that_go_on_teach_nothing() -> None:
    assert of_sweep(swept(Axis("regularization_strength", (0.0, 0.1)), [0.1, 0.2])) is None
    assert of_sweep(SweepSeen(1)) is None
    assert (
        of_sweep(swept(Axis("step_size", (0.1, 1.0)), [0.1, 0.2], [("finished", True), ("cancelled", False)])) is None
    )


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for module in ("people.submit", "people.steer", "processes.launch", "people.sweeps", "worker.worker_loop"):
        monkeypatch.setattr(f"engine.jobs.{module}.start_workers", lambda path, count=None: 0)
    monkeypatch.setattr("engine.jobs.processes.launch.warm_workers", lambda path: 0)
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add_sweep(SweepPlan(BASE, (Axis("step_size", (1e-6, 0.1, 1e4)),)))
    worker_loop.work(path, leave=lambda: False)
    return path


async def swept_by(board: Opened, sweep_id: int) -> None:
    """Until the view shows what the sweep found."""
    await board.until(
        lambda: (
            isinstance(board.app.screen, SweepView)
            and board.app.screen.sweep_id == sweep_id
            and board.app.screen.seen.outcome is not None
            and board.app.screen.seen.outcome.over
        )
    )
    await board.pilot.pause()


async def test_from_step_sizes_over_the_probe_to_batch_sizes_and_each_is_told_once(path: Path) -> None:
    async with opened(path) as board:
        await board.press("V")
        await swept_by(board, 1)
        assert re.search(
            r"0\.1 is best: loss .*; 100,000x smaller hardly moves; 100,000x larger explodes\.", board.text()
        )
        await board.press("b")
        await board.until(lambda: "is the best step from here" in board.text())
        view = board.app.screen
        assert isinstance(view, ProbeView)
        found = probe.probe(path, view.run_id)
        lesson = present(of_probe(found))
        best, judged = present(found.probe.best), judge(found.probe)
        share = found.probe.change[best - 1] / found.probe.change[best]
        assert judged[best - 1] == "too small"
        assert (
            f"{numbers.setting(found.probe.step_sizes[best - 1])} gains {100 * share:.0f} % of that" in lesson.seen[0]
        )
        assert lesson.seen[0] in board.text()
        assert "s → enter sweep batch sizes" in board.text()
        await board.press("s")
        assert isinstance(board.app.screen, SweepDialog)
        await board.press("right")
        assert "sweep batch size" in board.text()
        await board.press("enter")
        await board.until(lambda: isinstance(board.app.screen, SweepView) and board.app.screen.sweep_id == 2)
        await asyncio.to_thread(worker_loop.work, path, leave=lambda: False)
        await swept_by(board, 2)
        assert "Best batch size: " in board.text()
        assert "esc n a run of your own" in board.text()
        await board.press("escape", "n")
        assert "new run" in board.text()
        await board.press("escape", "G", "V")
        await swept_by(board, 1)
        assert "hardly moves" not in board.text()
        await board.press("b")
        await board.until(lambda: "★ good" in board.text())
        assert "is the best step from here" not in board.text()
    assert saved_view.load(path).lessons == ("batch sizes", "probe", "step sizes")
    with closing(open_for_reading(path)) as reader:
        assert outcome(reader, 2).plan.axes[0].field == "batch_size"
    async with opened(path) as board:
        await board.press("V")
        await swept_by(board, 1)
        assert "hardly moves" not in board.text()


async def test_a_low_terminal_keeps_its_rows_and_the_lesson_for_later(path: Path) -> None:
    async with opened(path, (80, 15)) as board:
        await board.press("V")
        await swept_by(board, 1)
        assert "hardly moves" not in board.text()
        await board.press("b")
        await board.until(lambda: isinstance(board.app.screen, ProbeView) and "★ good" in board.text())
        assert "overshoots" not in board.text()
    async with opened(path, (80, 24)) as board:
        await board.press("V")
        await swept_by(board, 1)
        assert "explodes" in board.text()


def test_batch_sizes_that_were_compared_teach_what_is_best_for_equal_examples_time_and_iterations() -> None:
    seen = swept(Axis("batch_size", (8, 64, 512)), [0.195, 0.16, 0.157])
    told: list[tuple[Equal, float, int]] = [("examples", 3000.0, 8), ("time", 1.64, 64), ("iterations", 1500.0, 512)]
    compared = tuple(Comparison(equal, amount, (0.2, 0.2, 0.2), (best,)) for equal, amount, best in told)
    outcome = replace(present(seen.outcome), comparisons=compared)
    lesson = present(of_sweep(replace(seen, outcome=outcome)))
    assert lesson.seen == (
        "Best batch size: 8 after 3,000 examples, 64 after 1.64 s, 512 after 1,500 iterations.",
        "Best batch size: 8 by examples, 64 by time, 512 by iterations.",
    )
