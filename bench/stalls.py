"""`python -m bench.stalls STORE REPORT`: the dashboard, with a watch on how long its event loop is held up.

A task that wants to wake every WAKE_S notes by how much it was late; the list goes into REPORT as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

WAKE_S = 0.005


async def watched(store: Path, report: Path) -> None:
    """Run the dashboard until it is left."""
    from tui.start import session

    late_s: list[float] = []

    async def watch() -> None:
        while True:
            due = time.perf_counter() + WAKE_S
            await asyncio.sleep(WAKE_S)
            late_s.append(max(time.perf_counter() - due, 0.0))

    app = session.prepare(store)
    watching = asyncio.create_task(watch())
    await app.run_async()
    watching.cancel()
    report.write_text(json.dumps(late_s[len(late_s) // 4 :]))


if __name__ == "__main__":
    asyncio.run(watched(Path(sys.argv[1]), Path(sys.argv[2])))
