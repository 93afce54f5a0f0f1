"""Landscape: the loss over a plane of weight space, and the ways of all inspected runs on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message
from textual.strip import Strip

from engine.text import loss_text
from tui.chart.drawing.filled import FilledSheet
from tui.chart.inspected.landscape import LandscapeView, Steps, WayView, draw_landscape, frame_of, ground_of
from tui.chart.inspected.section import SectionView, draw_section
from tui.colours.palette import marker
from tui.colours.theme import DIM, STRONG, TEXT, run_style
from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.model.messages import ForkRequested
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import FilledRows, strip

if TYPE_CHECKING:
    from engine.jobs.inspection.landscape import Landscapes
    from engine.jobs.inspection.landscape_values import Landscape, Section

STEPS = 40
"""Steps of the cursor across the plot, and half as many up."""

LARGEST_ZOOM = 2.0**20


class LandscapeTab(Tab):
    """Shows one plane at a time; the ways end at the iterations of the moment."""

    name = "landscape"
    is_of_one_run = False

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._landscapes: Landscapes | None = None
        self._shown: Landscape | None = None
        self._view, self._views = 0, 1
        self._window: tuple[float, float, float, float] | None = None
        self._zoomed = 1.0
        self._cursor: tuple[float, float] | None = None
        self._ground: tuple[object, object, FilledSheet] | None = None

    def forget(self) -> None:
        self._shown = None
        self._back_to_whole()

    def _back_to_whole(self) -> None:
        self._window, self._zoomed, self._cursor = None, 1.0, None

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subjects = self.inspected.subjects
        if not subjects:
            return None
        frame = frame_of(width, height - 1)
        runs = tuple(subject.run_id for subject in subjects)
        until = tuple((subject.run_id, subject.iteration) for subject in subjects)
        view, window, cursor = self._view, self._window, self._cursor
        is_live = not self.inspected.is_replay and any(subject.is_going_on for subject in subjects)

        def answers(path: Path, wanted: Wanted) -> Iterator[object]:
            from engine.jobs.inspection.landscape import Landscapes
            from engine.jobs.inspection.landscape_values import Asked

            self._landscapes = self._landscapes or Landscapes()
            asked = Asked(until, view, frame.width, 2 * frame.height, window, cursor)
            computing = self._landscapes
            yield from (computing.live_answers if is_live else computing.answers)(path, wanted, asked)

        question = (self.name, runs, view, window, cursor, frame)
        return Inquiry(question, answers, (until, is_live))

    def take(self, inquiry: Inquiry, answer: object) -> None:
        shown: Landscape = answer  # type: ignore[assignment]
        self._shown, self._view, self._views = shown, shown.view, shown.views
        self.sentence = ""

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        shown = self._shown
        if shown is None:
            return []
        tall, manner = height - 1, self.chart_style.manner
        if shown.section is not None:
            drawn = draw_section(self._section(shown.section), width, tall, manner)
            return FilledRows(strip(self._legend(), width), drawn)
        view = self._drawn(shown)
        key, held = (width, tall, self.chart_style), self._ground
        if held is None or held[0] is not shown.heights or held[1] != key:
            held = self._ground = shown.heights, key, ground_of(view, width, tall, manner, self._steps)
        picture = draw_landscape(view, width, tall, manner, held[2])
        return FilledRows(strip(self._legend(), width), picture)

    @property
    def _steps(self) -> Steps:
        style = self.chart_style
        return "sixteen" if not style.grounds else "octants" if style.octants else "contours"

    def _section(self, section: Section) -> SectionView:
        slot = next((one.slot for one in self.inspected.subjects if one.run_id == section.run_id), 0)
        return SectionView(section.positions, section.loss, section.ends, section.kinks, slot)

    def _drawn(self, shown: Landscape) -> LandscapeView:
        subjects = {subject.run_id: subject for subject in self.inspected.subjects}
        ways = []
        for way in shown.ways:
            subject = subjects.get(way.run_id)
            if subject is not None:
                # random search steps nowhere: its proposals are what it does
                kind = None if subject.spec is None else subject.spec.kind
                draws_anew = kind is not None and kind.searches and not kind.steps
                ways.append(WayView(subject.slot, way.places, way.tries, way.accepted | draws_anew))
        pointed = shown.pointed if shown.pointed is not None and shown.pointed.place == self._cursor else None
        lowest = None if shown.lowest is None else shown.lowest[:2]
        slope = None if pointed is None else pointed.slope
        return LandscapeView(
            shown.heights, shown.levels, shown.window, shown.axes, tuple(ways), lowest, self._cursor, slope
        )

    def _legend(self) -> list[Part]:
        """The runs with their signs, or what is under the cursor."""
        shown, written = self._shown, self.chart_style.written
        pointed = None if shown is None else shown.pointed
        if pointed is not None and pointed.place == self._cursor:
            downhill = math.hypot(*pointed.slope)
            told = [
                (f" loss {loss_text(pointed.loss)} ", STRONG),
                (f"here; downhill {downhill:.3g}", TEXT),
            ]
            if not math.isnan(pointed.share):
                told.append((f", {pointed.share:.0%} of the gradient", TEXT))
            return [*told, (f"; nearest: run {pointed.run_id} after {pointed.iteration:,}", DIM)]
        if shown is not None and shown.section is not None:
            return [(" loss along a line ", TEXT), (_kinks(shown.section), DIM)]
        parts: list[Part] = []
        there = {way.run_id for way in shown.ways} if shown is not None else set()
        for subject in self.inspected.subjects:
            if subject.run_id in there:
                sign = marker(subject.slot, ascii_only=self.chart_style.charset == "ascii")
                parts += [(f" {sign} ", run_style(subject.slot)), (f"{subject.run_id} {subject.label} ", TEXT)]
        lowest = None if shown is None else shown.lowest
        cross = "X" if self.chart_style.charset == "ascii" else "✕"
        return [*parts, (written(f" {cross} lowest here {loss_text(lowest[2])}"), DIM)] if lowest is not None else parts

    def caption(self) -> Sequence[Part]:
        shown = self._shown
        if shown is None:
            return ()
        share = "" if math.isnan(shown.share) else f", {shown.share:.0%} of the ways' variance"
        rough = "" if shown.is_finest else "refining …"
        told = [f"{shown.plane}{share}", rough, *shown.remarks, shown.examples]
        return [(self.chart_style.written(" · ".join(part for part in told if part)), DIM)]

    def offers(self) -> Mapping[str, str]:
        if self._shown is None:
            return {}
        if self._shown.section is not None:
            return {"view": "next plane"} if self._shown.views > 1 else {}
        offered = {
            "move(1)": "down",
            "move(-1)": "up",
            "across(1)": "right",
            "across(-1)": "left",
            "zoom(2.0)": "zoom in",
        }
        if self._zoomed > 1 / 64:
            offered["zoom(0.5)"] = "zoom out"
        if self._window is not None or self._cursor is not None:
            offered["whole"] = "all"
        if self._shown.views > 1:
            offered["view"] = "next plane"
        if self._pointed_run is not None:
            offered["start"] = f"fork run {self._pointed_run[0]}"
        return offered

    @property
    def _pointed_run(self) -> tuple[int, int] | None:
        """The run and the iteration that lie nearest to the cursor; None without a cursor."""
        pointed = None if self._shown is None else self._shown.pointed
        return None if pointed is None or self._cursor is None else (pointed.run_id, pointed.iteration)

    def table(self) -> str:
        shown = self._shown
        if shown is None:
            return ""
        if (section := shown.section) is not None:
            places = zip(section.positions.tolist(), section.loss.tolist(), strict=True)
            return "position,loss\n" + "".join(f"{place!r},{loss!r}\n" for place, loss in places)
        left, right, bottom, top = shown.window
        rows, columns = shown.heights.shape
        lines = ["a,b,loss"]
        for row in range(rows):
            b = bottom + (top - bottom) * row / max(rows - 1, 1)
            for column in range(columns):
                a = left + (right - left) * column / max(columns - 1, 1)
                lines.append(f"{a!r},{b!r},{float(shown.heights[row, column])!r}")
        return "\n".join(lines) + "\n"

    def move(self, across: int, down: int) -> bool:
        shown = self._shown
        if shown is None or shown.section is not None:
            return False
        left, right, bottom, top = shown.window
        if self._cursor is None:
            places = [place for place in shown.ways[0].places[-1].tolist() if math.isfinite(place)]
            a, b = places if len(places) == 2 else ((left + right) / 2, (bottom + top) / 2)
        else:
            a, b = self._cursor
            a += across * (right - left) / STEPS
            b -= down * (top - bottom) / (STEPS / 2)
        moved = min(max(a, left), right), min(max(b, bottom), top)
        changed, self._cursor = moved != self._cursor, moved
        return changed

    def next_view(self) -> bool:
        if self._views < 2:
            return False
        self._view = (self._view + 1) % self._views
        self._back_to_whole()
        self._shown = None
        return True

    def zoom(self, factor: float) -> bool:
        shown = self._shown
        if shown is None or shown.section is not None:
            return False
        if not factor:
            changed = self._window is not None or self._cursor is not None
            self._back_to_whole()
            return changed
        if not 1 / 64 <= self._zoomed * factor <= LARGEST_ZOOM:
            return False
        left, right, bottom, top = shown.window
        a, b = self._cursor or ((left + right) / 2, (bottom + top) / 2)
        self._zoomed *= factor
        self._window = (
            a - (a - left) / factor,
            a + (right - a) / factor,
            b - (b - bottom) / factor,
            b + (top - b) / factor,
        )
        return True

    def start(self) -> Message | None:
        """A fork from the point of a way that lies nearest to the cursor: a run cannot start from any weights."""
        if self._pointed_run is None:
            return None
        run_id, iteration = self._pointed_run
        return ForkRequested(run_id, iteration, "nearest to the cursor on its way; ")


def _kinks(section: Section) -> str:
    """How the line bends, where that is known exactly."""
    count = len(section.kinks)
    return f"kinks where hinge terms change sign: {count:,}" if count else ""
