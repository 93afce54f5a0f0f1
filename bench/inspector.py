"""The inspector at 160x45, with three runs of 10,000 iterations on digits: how soon it shows, what keys cost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from rich.style import Style
from textual.geometry import Region

from bench.report import Row
from bench.screen import BRAILLE, WATCHED_S, dashboard, live_runs
from bench.terminal import QUESTION
from engine.jobs.inspection.check import run_check
from engine.jobs.inspection.landscape import Landscapes
from engine.jobs.inspection.landscape_values import Asked, Landscape
from engine.jobs.inspection.regions import AskedRegions, DecisionRegions, RunRegions
from engine.jobs.inspection.step import run_step
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_writing
from tui.chart.inspected.landscape import LandscapeView, Steps, WayView, draw_landscape, frame_of, ground_of
from tui.chart.inspected.regions import draw_regions
from tui.model.inspection.subjects import TITLES
from tui.presenting.inspected.regions import view_of
from tui.presenting.inspected.step import batch_lines, example_lines
from tui.terminal.output import TerminalOutput
from tui.widgets.lines import FilledRows

SIZE = (160, 41)
"""Cells of the picture of a tab on a terminal of 160x45."""

RUNS = tuple(defaults().changed(iterations=10_000, seed=seed) for seed in range(3))
NET = defaults().changed(dataset="spiral:3", objective="two-layer", hidden_size=100, batch_size=None, step_size=0.1)
PICTURE = re.compile(rb"\x1b\[([2-9]|[1-3][0-9]|4[0-4]);[0-9]+H")
"""A way to a row of the picture or of its caption."""

KEYS = 40

SHOWN = {"regions": b"train split", "landscape": b"starts and ends"}
"""What a tab says as soon as it has a picture."""


def rows() -> Iterator[Row]:
    """Every figure of the inspector, each against its limit."""
    with TemporaryDirectory() as folder:
        path = computed(Path(folder) / "runs.db")
        yield from landscape(path)
        yield from step(path)
        yield from check(path)
        yield from regions(Path(folder) / "regions.db")
    yield from live()


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
    first: list[float] = []
    frames: dict[Steps, list[float]] = {"contours": [], "octants": []}
    for _ in range(5):
        answers = Landscapes().answers(path, lambda: True, asked)
        begun = time.thread_time()
        next(answers)
        first.append(1e3 * (time.thread_time() - begun))
    *_, finest = Landscapes().answers(path, lambda: True, asked)
    view = _view(finest)
    for steps, taken_ms in frames.items():
        ground = ground_of(view, *SIZE, "halves", steps)
        for _ in range(40):
            begun = time.thread_time()
            draw_landscape(view, *SIZE, "halves", ground)
            taken_ms.append(1e3 * (time.thread_time() - begun))
    yield _limited("landscape: from the question to a coarse picture", median(first), 200, "ms")
    yield _limited("landscape: a frame with three ways", median(frames["contours"]), 4, "ms")
    yield _limited("landscape, octants: a frame with three ways", median(frames["octants"]), 4, "ms")
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


def regions(path: Path) -> Iterator[Row]:
    """Decision regions of a 2-100-3 net at 160 x 80 dots: computed, drawn, and both for the next moment of a replay."""
    with open_for_writing(path) as store:
        store.queue.add([NET.changed(iterations=1_000)])
    worker_loop.work(path, leave=lambda: False)
    for how, is_fine in (("", False), (", octants", True)):
        computing, taken, frames = DecisionRegions(), [], []
        output = TerminalOutput(lambda text: None, lambda after, then: None, lambda then: None)
        output.take((), 160, 45)
        for iteration in range(900, 960):
            asked = AskedRegions(((1, iteration),), "train", 160, 80, is_fine=is_fine)
            begun = time.thread_time()
            *_, (found,) = computing.answers(path, lambda: True, asked)
            assert isinstance(found, RunRegions)
            taken.append(1e3 * (time.thread_time() - begun))
            begun = time.thread_time()
            rows = FilledRows(draw_regions(view_of(found), 160, 40, "halves", octants=is_fine))
            rows.paint(output, Region(0, 0, 160, 40), Style())
            frames.append(1e3 * (time.thread_time() - begun))
        yield _limited(f"regions{how}: an iteration on, computed and drawn", median(taken) + median(frames), 12, "ms")
        yield _limited(f"regions{how}: of these a frame", median(frames), 4, "ms")


def live() -> Iterator[Row]:
    """Pictures of runs that grow, decision regions and landscapes: how many a second, bytes, processor."""
    for tab, key, spec, runs, how, pace in (
        ("regions", "2", NET, 1, "one of 100 iterations/s", 100.0),
        ("regions", "2", NET, 3, "three of 30 iterations/s", 30.0),
        ("regions", "2", NET, 1, "one at full speed", None),
        ("landscape", "1", RUNS[0], 3, "three of 30 iterations/s", 30.0),
        ("landscape", "1", RUNS[0], 3, "three at full speed", None),
    ):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "runs.db"
            with live_runs(path, runs, pace, spec), dashboard(path) as board:
                board.wait_for(BRAILLE)
                board.settle(0.2 if pace is None else 0.05)
                since = len(board.written)
                board.press("I" + key)
                board.wait_for(SHOWN[tab], since)
                time.sleep(2.0)
                before, cpu_s = len(board.written), board.cpu_s()
                time.sleep(WATCHED_S)
                sent, cpu = len(board.written) - before, 100 * (board.cpu_s() - cpu_s) / WATCHED_S
                sent_frames = bytes(board.written[before:]).split(QUESTION)
                pictures = sum(PICTURE.search(frame) is not None for frame in sent_frames) / WATCHED_S
        frames = len(sent_frames) / WATCHED_S
        counted = frames if tab == "landscape" else pictures  # ways that have come to a minimum change few pictures
        yield Row(
            f"{tab} live, {how}, pictures",
            f"{pictures:.1f} /s",
            f"{frames:.1f} frames/s",
            counted / 8,
            1.0,
            at_most=False,
        )
        yield _limited(f"{tab} live, {how}, share of a core", cpu, 15, "%")
        yield _limited(f"{tab} live, {how}, bytes", sent / WATCHED_S / 1e3, 6, "kB/s")


def _view(found: Landscape) -> LandscapeView:
    ways = tuple(WayView(slot, way.places, way.tries, way.accepted) for slot, way in enumerate(found.ways))
    lowest = None if found.lowest is None else found.lowest[:2]
    return LandscapeView(found.heights, found.levels, found.window, found.axes, ways, lowest)


def _limited(case: str, found: float, limit: float, unit: str) -> Row:
    return Row(case, f"{found:.3g} {unit}", f"limit {limit:g} {unit}", found / limit, 1.0, True)
