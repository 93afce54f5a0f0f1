"""The scrubber: speed and progress of a replay, the events on its bar, and the current iteration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from textual import events
from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, RULES, STRONG, TEXT, WARNED
from tui.model.clock import Clock
from tui.model.messages import ScrubberDragged, ScrubberScrolled
from tui.model.timelines import ReplayData
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.widgets.lines import Lines, strip

UNITS = {"examples": "examples", "evaluations": "losses"}
KIND_WORDS = {
    "iteration": "by iteration",
    "time": "by time",
    "examples": "by examples",
    "evaluations": "by evaluations",
}
SIGNS = {"●": STRONG, "◆": WARNED, "━": ACCENTED, "─": RULES}
LEAST_BAR = 12
"""Cells that the bar keeps on a narrow line, if the line has them."""


@dataclass(frozen=True, slots=True)
class ScrubberState:
    """What the scrubber shows: the clock, the replay's data, and the run under the cursor."""

    clock: Clock
    replay_data: ReplayData
    pointed: int | None = None


class Scrubber(Lines):
    """Shows a ScrubberState. Posts ScrubberDragged while the mouse is pressed on the bar, ScrubberScrolled
    where the wheel is turned."""

    def __init__(self, scrubber_state: Callable[[], ScrubberState]) -> None:
        super().__init__(self._line, css_id="scrubber")
        self._state = scrubber_state
        self._bar = range(0)
        self._held = False

    def _line(self, width: int, height: int) -> list[Strip]:
        line, self._bar = drawn(self._state(), width)
        return [line]

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.x in self._bar:
            self._held = True
            self.capture_mouse()
            self._drag(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held:
            self._drag(event.x)

    def on_mouse_up(self) -> None:
        self._held = False
        self.release_mouse()

    def on_mouse_scroll_down(self) -> None:
        self.post_message(ScrubberScrolled(1))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(ScrubberScrolled(-1))

    def _drag(self, column: int) -> None:
        share = (column - self._bar.start) / max(len(self._bar) - 1, 1)
        self.post_message(ScrubberDragged(max(0.0, min(share, 1.0))))


def drawn(scrubber_state: ScrubberState, width: int) -> tuple[Strip, range]:
    """The line at `width` cells, and the cells of its bar."""
    cut = scrubber_state.replay_data.timeline(scrubber_state.clock.kind).cut_of_started(scrubber_state.clock.position)
    for detail in (3, 2, 1, 0):
        left, right = _left(scrubber_state, cut, detail), _right(scrubber_state, cut, detail)
        room = width - cells(left) - cells(right) - 2
        if room >= (40 if detail == 3 else LEAST_BAR):
            break
    room = max(room, 0)
    start = cells(left)
    parts = [*left, *_bar(scrubber_state, room), (" ", TEXT), *right]
    return strip(parts, width), range(start, start + room)


def speed_text(speed: float) -> str:
    """A speed as text: x4, x1.5, x1/8."""
    for number, before in ((speed, "x"), (1 / speed, "x1/")):
        if number >= 1 and abs(number - round(number)) < 1e-9 * number:
            return f"{before}{round(number):,}"
    return f"x{speed:,.0f}" if speed >= 1000 else f"x{speed:.3g}"


def clock_text(seconds: float, whole_s: float) -> str:
    """Seconds of a replay of `whole_s` seconds: 00:03.2, 1:02:03, or 0.013 s if it lasted less than one."""
    if whole_s < 1:
        return f"{seconds:.3f} s"
    tenths = int(seconds * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02d}:{rest // 10:02d}" if whole_s >= 3600 else f"{minutes:02d}:{rest // 10:02d}.{rest % 10}"
    )


def _left(scrubber_state: ScrubberState, cut: Mapping[int, int], detail: int) -> list[Part]:
    clock = scrubber_state.clock
    parts: list[Part] = [(" ⏵" if clock.playing else " ⏸", ACCENTED), (f" {speed_text(clock.speed)}", TEXT)]
    if clock.loop:
        parts.append((" ↻", ACCENTED))
    if detail >= 1:
        now_s, whole_s = seconds_of(scrubber_state, cut)
        parts += [(f"   {clock_text(now_s, whole_s)}", STRONG), (f" / {clock_text(whole_s, whole_s)}", DIM)]
    return [*parts, ("  ", TEXT)]


def seconds_of(scrubber_state: ScrubberState, cut: Mapping[int, int]) -> tuple[float, float]:
    """Seconds so far and seconds in all, of the run that ends last on this clock.

    `cut` is the number of iterations done by each run that has begun.
    """
    clock, replay_data = scrubber_state.clock, scrubber_state.replay_data
    line = replay_data.timeline(clock.kind)
    if clock.kind == "time":
        return clock.position - line.start, line.length
    ends = {run_id: (line.tracks[run_id].end, float(replay_data.recordings[run_id].elapsed_s[-1])) for run_id in cut}
    if not ends:
        return 0.0, 0.0
    last = max(ends, key=lambda run_id: ends[run_id])
    return replay_data.recordings[last].elapsed_after(cut[last]), ends[last][1]


def _bar(scrubber_state: ScrubberState, room: int) -> list[Part]:
    if not room:
        return []
    line, last = scrubber_state.replay_data.timeline(scrubber_state.clock.kind), room - 1
    head = round(line.share(scrubber_state.clock.position) * last)
    events_at = {round(line.share(at) * last) for at in line.marked(scrubber_state.replay_data.marks()).tolist()}
    cells = ["━" if cell < head else "─" for cell in range(room)]
    for cell in events_at:
        cells[cell] = "◆"
    cells[head] = "●"
    return [("".join(run), SIGNS[sign]) for sign, run in groupby(cells)]


def _right(scrubber_state: ScrubberState, cut: Mapping[int, int], detail: int) -> list[Part]:
    clock, replay_data = scrubber_state.clock, scrubber_state.replay_data
    line = replay_data.timeline(clock.kind)
    done = max(cut.values(), default=0)
    last = max((one.done for one in replay_data.recordings.values()), default=0)
    width = len(f"{last:,}")
    parts: list[Part] = [("iteration ", DIM)] if detail >= 1 else []
    parts.append((f"{done:,}".rjust(width), STRONG))
    if detail >= 2 and clock.kind in UNITS:
        parts.append((f"  {numbers.count(round(clock.position))} {UNITS[clock.kind]}", DIM))
    if detail >= 2 and replay_data.goes_on:
        parts.append(("  live edge  " if clock.position >= line.end else "  behind live", WARNED))
    if detail >= 2:
        parts.append((f"  {KIND_WORDS[clock.kind]}", DIM))
    one = replay_data.recordings.get(scrubber_state.pointed or 0)
    if detail >= 3 and one is not None and one.checkpoints:
        checkpoint = one.checkpoint_before(cut[one.run_id]) if one.run_id in cut else None
        text = "" if checkpoint is None else f"  weights of {checkpoint:>{width},}"
        parts.append((text.ljust(len("  weights of ") + width), DIM))  # padded, so that the bar does not move
    return [*parts, (" ", TEXT)]
