"""The inspector at 160x45, with three runs of 10,000 iterations on digits: how soon it shows, what keys cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from bench.report import Row
from bench.screen import BRAILLE, dashboard
from engine.jobs.inspection.check import run_check
from engine.jobs.inspection.landscape import Landscapes
from engine.jobs.inspection.landscape_values import Asked, Landscape
from engine.jobs.inspection.step import run_step
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_writing
from tui.chart.drawing.landscape import LandscapeView, WayView, draw_landscape, frame_of, ground_of
from tui.model.inspection.subjects import TITLES
from tui.presenting.inspected.step import batch_lines, example_lines

SIZE = (160, 41)
"""Cells of the picture of a tab on a terminal of 160x45."""

RUNS = tuple(defaults().changed(iterations=10_000, seed=seed) for seed in range(3))
KEYS = 40


def rows() -> Iterator[Row]:
    """Every figure of the inspector, each against its limit."""
    with TemporaryDirectory() as folder:
        path = computed(Path(folder) / "runs.db")
        yield from landscape(path)
        yield from step(path)
        yield from check(path)


def computed(path: Path) -> Path:
    """A store with the runs of RUNS, computed to their end in this process."""
    with open_for_writing(path) as store:
        store.queue.add(list(RUNS))
    worker_loop.work(path, leave=lambda: False)
    return path


def landscape(path: Path) -> Iterator[Row]:
    """The first picture, a frame of a finished one, and keys while it becomes finer."""
    frame = frame_of(*SIZE)
    asked = Asked(tuple((run_id, 10_000) for run_id in (1, 2, 3)), 0, frame.width, 2 * frame.height)
    first, frames = [], []
    for _ in range(5):
        answers = Landscapes().answers(path, lambda: True, asked)
        begun = time.thread_time()
        next(answers)
        first.append(1e3 * (time.thread_time() - begun))
    *_, finest = Landscapes().answers(path, lambda: True, asked)
    view = _view(finest)
    ground = ground_of(view, *SIZE, "halves")
    for _ in range(40):
        begun = time.thread_time()
        draw_landscape(view, *SIZE, "halves", ground)
        frames.append(1e3 * (time.thread_time() - begun))
    yield _limited("landscape: from the question to a coarse picture", median(first), 200, "ms")
    yield _limited("landscape: a frame with three ways", median(frames), 4, "ms")
    with dashboard(path) as board:
        board.wait_for(BRAILLE)
        board.settle()
        since = len(board.written)
        board.press("I")
        board.wait_for(b"refining", since)
        taken = []
        for key in range(KEYS):
            pressed = board.press("lh"[key % 2] if key % 8 else "v")
            board.settle(0.05)
            taken += [1e3 * (at - pressed) for at, _ in board.arrivals if at >= pressed][:1]
    yield _limited(
        "landscape: first bytes after a key while it becomes finer, p95", float(np.percentile(taken, 95)), 30, "ms"
    )


def step(path: Path) -> Iterator[Row]:
    """One step of a run: from one that is shown to the next, and a frame."""
    *_, known = run_step(path, lambda: True, 1, 5_000)
    answers, frames = [], []
    for example in range(20):
        begun = time.thread_time()
        *_, known = run_step(path, lambda: True, 1, known.iteration + 1, known=known)
        answers.append(1e3 * (time.thread_time() - begun))
        begun = time.thread_time()
        example_lines(known, example, "halves", SIZE[0] // 2, SIZE[1])
        batch_lines(known, SIZE[0] // 2)
        frames.append(1e3 * (time.thread_time() - begun))
    yield _limited("one step: from the key to the next iteration", median(answers), 100, "ms")
    yield _limited("one step: a frame of another example", median(frames), 10, "ms")


def check(path: Path) -> Iterator[Row]:
    """A gradient check of all 650 weights, and keys while it is computed."""
    begun = time.thread_time()
    *_, _ = run_check(path, lambda: True, 1, 10_000)
    yield _limited("gradient check: 650 weights over 1,000 examples", time.thread_time() - begun, 3, "s")
    with dashboard(path) as board:
        board.wait_for(BRAILLE)
        board.settle()
        since = len(board.written)
        board.press("I")
        board.wait_for(b"[Landscape]", since)
        board.press(str(list(TITLES).index("check") + 1))
        board.settle()
        taken = []
        for _ in range(KEYS):
            pressed = board.press("v")
            board.settle(0.05)
            taken += [1e3 * (at - pressed) for at, _ in board.arrivals if at >= pressed][:1]
    yield _limited(
        "gradient check: first bytes after a key while it is computed, p95", float(np.percentile(taken, 95)), 30, "ms"
    )


def _view(found: Landscape) -> LandscapeView:
    ways = tuple(WayView(slot, way.places, way.tries, way.accepted) for slot, way in enumerate(found.ways))
    lowest = None if found.lowest is None else found.lowest[:2]
    return LandscapeView(found.heights, found.levels, found.window, found.axes, ways, lowest)


def _limited(case: str, found: float, limit: float, unit: str) -> Row:
    return Row(case, f"{found:.3g} {unit}", f"limit {limit:g} {unit}", found / limit, 1.0, True)
