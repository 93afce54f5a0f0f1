"""Three ways through the code, walked and counted: `python -m tests.walks [loss|key|sweep]` prints every function.

docs/architecture.md names the stations of each; tests/test_docs.py holds the page to what is walked here.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import numpy as np

from engine.jobs.people import sweeps
from engine.spec import defaults
from engine.store import Process, open_for_reading, open_for_writing
from engine.strategy import optimize
from engine.sweep import Axis, SweepPlan

ROOT = str(Path(__file__).parent.parent) + "/"
HERE = Process(host="host", boot_id="boot", pid=1, start_ticks=1)

INNER = ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<module>")
"""No functions, though Python calls them."""

Walk = dict[str, Counter[str]]
"""The calls of each `file: function` of ours, by the part of the way."""


@contextmanager
def counting(calls: Counter[str], in_threads: Counter[str] | None = None) -> Iterator[None]:
    """Count the calls of functions of the packages in this thread, and in those that it starts."""
    here, others = threading.current_thread(), Counter[str]() if in_threads is None else in_threads

    def called(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if (
            event == "call"
            and code.co_name not in INNER
            and code.co_filename.startswith((ROOT + "engine/", ROOT + "tui/"))
        ):
            counted = calls if threading.current_thread() is here else others
            counted[f"{code.co_filename.removeprefix(ROOT)}: {code.co_qualname}"] += 1

    threading.setprofile(called)
    sys.setprofile(called)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def loss(folder: Path) -> Walk:
    """From a step of gradient descent to the cells of a chart."""
    from tui import chart
    from tui.colours.sgr import Colours
    from tui.colours.theme import cell_style
    from tui.model.choices import Choices
    from tui.model.snapshot import ReadRequest
    from tui.presenting.curves import chart_view
    from tui.reading.feed import Source
    from tui.terminal.cell_buffer import CellBuffer

    walk: Walk = {part: Counter() for part in ("step", "commit", "read", "view", "draw", "send")}
    wanted = ReadRequest(Choices(), 240)
    with open_for_writing(folder / "runs.db") as store:
        store.queue.add([defaults("gradient-descent", "softmax")])
        claim = store.queue.claim(store.register_worker(HERE))
        assert claim is not None
        writer, source = store.writer(claim), Source(store.path)
        optimization = optimize.build(claim.spec)
        state, block = optimization.advance(optimization.start(), 100)
        writer.write(block.stamped(0.0, 0.1))
        source.read(wanted)
        with counting(walk["step"]):
            state, block = optimization.advance(state, 100)
        with counting(walk["commit"]):
            writer.write(block.stamped(0.1, 0.2))
        with counting(walk["read"]):
            snapshot = source.read(wanted)
        assert snapshot is not None
        choices = wanted.choices.follow(snapshot.newest, snapshot.rows)
        with counting(walk["view"]):
            view = chart_view(snapshot, choices)
        with counting(walk["draw"]):
            picture = chart.draw(view, 80, 20)
        buffer = CellBuffer(80, 20, Colours())
        with counting(walk["send"]):
            styles = np.array(
                [buffer.style_number(cell_style(style)) for style in range(int(picture.styles.max()) + 1)]
            )
            buffer.paste(0, 0, picture.codepoints, styles[picture.styles])
            assert buffer.update()
        source.close()
    return walk


def key(folder: Path) -> Walk:
    """From `[` on the board to the command in the store."""
    from tests.tui.dashboards import opened, store_with

    path = folder / "runs.db"
    store_with(path, ("one", defaults("gradient-descent", "softmax")), finish=False)
    walk: Walk = {"press": Counter(), "order": Counter()}

    def is_noted() -> bool:
        reader = open_for_reading(path)
        try:
            return bool(reader.commands(1))
        finally:
            reader.close()

    async def press() -> None:
        async with opened(path) as board:
            await board.until(lambda: board.app.snapshot.runs)
            with counting(walk["press"], walk["order"]):
                await board.press("[")
                await asyncio.sleep(0.5)
            await board.until(is_noted)

    with patch("engine.jobs.people.steer.start_workers"), patch("tui.app.actions.orders.recover", return_value=True):
        asyncio.run(press())
    return walk


def sweep(folder: Path) -> Walk:
    """From ten values of a step size to ten queued runs."""
    walk: Walk = {"plan": Counter(), "start": Counter()}
    base = defaults("gradient-descent", "softmax")
    with patch("engine.jobs.people.sweeps.start_workers"):
        with counting(walk["plan"]):
            plan = SweepPlan(base, (Axis("step_size", tuple(10.0**-power for power in range(10))),))
            plan.members()
        with counting(walk["start"]):
            sweeps.start(folder / "runs.db", plan)
    return walk


WALKS: dict[str, Callable[[Path], Walk]] = {"loss": loss, "key": key, "sweep": sweep}


def walked(name: str) -> Walk:
    """One way, walked in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return WALKS[name](Path(folder))


def counted(calls: Counter[str]) -> str:
    files = {function.partition(":")[0] for function in calls}
    return f"{len(calls):>4} functions in {len(files):>3} files, {calls.total():>6,} calls"


def main(names: list[str]) -> None:
    """Print the figures of all ways, or every function on the ways that are named."""
    for name in names or WALKS:
        walk = walked(name)
        for part, calls in walk.items():
            print(f"{name:<6} {part:<7}{counted(calls)}")
            for function in calls if names else ():
                print(f"       {calls[function]:>6,}  {function}")
        print(f"{name:<6} {'all':<7}{counted(sum(walk.values(), Counter()))}")


if __name__ == "__main__":
    main(sys.argv[1:])
