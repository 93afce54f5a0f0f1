"""Take the README's pictures from a real session: `make pictures`."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from engine.jobs.submit import submit
from engine.spec import race
from tui import session

HERE = Path(__file__).parent
SIZE = (120, 32)
SHOWN_AT = 640
"""The iteration that every run of the race has reached in the picture."""


async def take(folder: Path) -> None:
    """Run the race in an empty store and photograph it on the way."""
    store = folder / "runs.db"
    submit(store, race())
    os.environ["XDG_STATE_HOME"] = str(folder)
    app = session.prepare(store)
    async with app.run_test(size=SIZE) as pilot:
        while not all(run.iterations_done >= SHOWN_AT for run in app.snapshot.runs):
            await pilot.pause(0.05)
        write(HERE / "board.svg", app.export_screenshot(title="lossboard"))
        while app.snapshot.going_on:
            await pilot.pause(0.05)


def write(path: Path, svg: str) -> None:
    """Keep a picture without the font files that it would fetch from elsewhere."""
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))
    print(path.name)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(take(Path(folder)))
