"""Take the README's pictures from a real session: `make pictures`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.jobs.people import steer
from engine.jobs.people.submit import submit
from engine.spec import defaults, race
from tui.headless.frames import RenderJob, render
from tui.headless.screenshot import as_svg
from tui.model.inspection.subjects import TITLES, TabName
from tui.model.replay_opening import ReplayOpening
from tui.start import session

HERE = Path(__file__).parent
SIZE = (120, 32)
SHOWN_AT = 640
"""The iteration that the first of the race's runs has reached in the picture: all of them still run."""
REPLAYED_AT = 318
TURNED_AT = 150
"""The step at which somebody raises the knob of the training loop."""


async def take_board(store: Path) -> None:
    """Run the race in an empty store and photograph it on the way."""
    submit(store, race())
    app = session.prepare(store)
    async with app.run_test(size=SIZE) as pilot:
        while not any(run.iterations_done >= SHOWN_AT for run in app.snapshot.runs):
            await pilot.pause(0.05)
        write(HERE / "board.svg", as_svg(app))
        while app.snapshot.going_on:
            await pilot.pause(0.05)
    job = RenderJob(store, ReplayOpening((1, 2, 3, 4), at=REPLAYED_AT, speed=4.0), SIZE, most=1, kind="svg")
    await render(job, lambda number, svg: write(HERE / "replay.svg", svg))
    job = RenderJob(store, ReplayOpening((1, 2, 3, 4), at=SHOWN_AT, alone=True), SIZE, most=1, kind="svg")
    await render(job, lambda number, svg: write(HERE / "weights.svg", svg))


async def take_logged(store: Path) -> None:
    """Photograph a training loop in plain NumPy beside a run of the engine, after its knob was turned."""
    submit(store, [defaults("gradient-descent").changed(iterations=400, step_size=0.01)], ["engine"])
    loop = await asyncio.create_subprocess_exec(sys.executable, HERE / "loop.py", store)
    app = session.prepare(store)
    async with app.run_test(size=SIZE) as pilot:
        while not (
            logged := [run for run in app.snapshot.runs if run.kind == "logged" and run.iterations_done >= TURNED_AT]
        ):
            await pilot.pause(0.05)
        steer.set_knob(store, logged[0].run_id, "step size", 0.2)
        await loop.wait()
        while app.snapshot.going_on:
            await pilot.pause(0.05)
        await pilot.press("k")
        await pilot.pause()
        write(HERE / "logged.svg", as_svg(app))


async def take_sweep(store: Path) -> None:
    """Sweep step sizes as the dialog does after three arrow keys, and photograph what was found."""
    app = session.prepare(store)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("s", "down", "left", "left", "enter")
        while app.snapshot.sweep is None or app.snapshot.sweep.outcome is None or not app.snapshot.sweep.outcome.over:
            await pilot.pause(0.05)
        write(HERE / "sweep.svg", as_svg(app))


async def take_tabs(store: Path, names: Sequence[TabName]) -> None:
    """Photograph tabs of the inspector on the runs of a store, each when it is computed."""
    app = session.prepare(store)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("I")
        for name in names:
            await pilot.press(str(list(TITLES).index(name) + 1))
            inspector = app.inspect_actions.view
            while inspector is None or inspector.is_computing:
                await pilot.pause(0.05)
            write(HERE / f"inspector-{name}.svg", as_svg(app))


async def take_inspector(race_store: Path, spiral_store: Path) -> None:
    """Photograph every tab: decision regions of nets on the spiral, the others of the race's runs."""
    await take_tabs(race_store, [name for name in TITLES if name != "regions"])
    spec = defaults("gradient-descent", "two-layer").changed(
        dataset="spiral", update="adam", step_size=0.03, iterations=1_000
    )
    submit(spiral_store, [spec.changed(hidden_size=size) for size in (3, 100)])
    app = session.prepare(spiral_store)
    async with app.run_test(size=SIZE) as pilot:
        while app.snapshot.going_on or not app.snapshot.runs:
            await pilot.pause(0.05)
    await take_tabs(spiral_store, ["regions"])


def write(path: Path, svg: str) -> None:
    path.write_text(svg)
    print(path.name, file=sys.__stdout__)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        asyncio.run(take_board(Path(folder) / "race.db"))
        asyncio.run(take_logged(Path(folder) / "logged.db"))
        asyncio.run(take_sweep(Path(folder) / "runs.db"))
        asyncio.run(take_inspector(Path(folder) / "race.db", Path(folder) / "spiral.db"))
