"""Frames: draws a replay without a terminal, frame by frame, the same each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from textual.app import App

from engine.text import clean
from tui.colours.theme import THEME
from tui.headless.screenshot import as_svg, as_text
from tui.model.choices import Choices
from tui.model.clock import Moment
from tui.model.replay_opening import START, ReplayOpening
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading.feed import Source
from tui.screens.replay import Replay
from tui.widgets.chart_pane import ChartStyle


@dataclass(frozen=True, slots=True)
class RenderJob:
    """The store, the replay of it, the size in cells, and the frames per second of the replay's clock.

    Draws at most `most` frames (None: to the end), each as 'text' or 'svg'.
    """

    path: Path
    opening: ReplayOpening
    size: tuple[int, int] = (120, 35)
    fps: float = 10.0
    most: int | None = None
    kind: str = "text"


class HeadlessReplay(App[None], inherit_bindings=False):
    """An app that shows one replay and handles nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, screen: Replay) -> None:
        super().__init__()
        self.register_theme(THEME)
        self.theme = THEME.name
        self._replay = screen

    def get_default_screen(self) -> Replay:
        """The replay."""
        return self._replay


async def render(job: RenderJob, keep: Callable[[int, str], None]) -> int:
    """Pass every frame and its number, from 1, to `keep`; the number of frames. Raises StoreError."""
    seconds = [0.0]
    source = Source(job.path)
    try:
        screen = _opened(source, job, lambda: seconds[0])
        app = HeadlessReplay(screen)
        async with app.run_test(size=job.size) as pilot:
            screen.query_one("#footer").display = False  # nobody presses keys in a document
            number = 0
            while job.most is None or number < job.most:
                seconds[0] = number / job.fps
                moment = screen.moment()
                wanted = ReadRequest(screen.choices, 2 * job.size[0], screen.previewed_rows, moment=moment)
                screen.update(source.read(wanted) or screen.snapshot, screen.choices)
                screen.paint()  # everything, so that the same moment always looks the same
                await pilot.pause()
                number += 1
                keep(number, as_svg(app) if job.kind == "svg" else as_text(app))
                if moment.position >= screen.replay_data.timeline(moment.kind).end:
                    break
        return number
    finally:
        source.close()


def _opened(source: Source, job: RenderJob, now: Callable[[], float]) -> Replay:
    opening = job.opening
    choices = opening.choices(Choices())
    choices = choices.with_chart_options(replace(choices.chart_options, x_kind=opening.kind))
    first = (
        source.read(ReadRequest(choices, 2 * job.size[0], moment=Moment(opening.run_ids, opening.kind, START)))
        or Snapshot()
    )
    clock = replace(opening.clock(first, now()), since_s=now())
    return Replay(clean(job.path.name, 40), first, choices, clock, ChartStyle(shades=job.kind == "text"), now)
