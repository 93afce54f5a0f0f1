"""Decision regions: which class wins where over the plane of the examples, a tile for each inspected run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.strip import Strip

from engine.spec.choices import OF_EXAMPLES
from tui.chart.cells.picture import POINTED, TITLE
from tui.chart.drawing.filled import FilledPicture, FilledSheet, side_by_side
from tui.chart.drawing.weight_cells import Manner
from tui.chart.inspected.regions import GAP, draw_regions, frame_of, tiling
from tui.colours.palette import marker
from tui.colours.theme import DIM, run_style
from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.model.inspection.subjects import Subject
from tui.presenting.inspected import regions
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.text.widths import wrapped
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import FilledRows, strip

if TYPE_CHECKING:
    from engine.jobs.inspection.regions import Answer, DecisionRegions, NoRegions, RunRegions

SPLITS = ("train", "validation", "test")

STEPS = 40
"""Steps of the cursor across the plot, and half as many up."""

CLOSEST = 1 / 1024
WHOLE = (0.0, 1.0, 0.0, 1.0)


class RegionsTab(Tab):
    """Shows all inspected runs side by side, as many as fit; zoom and cursor are shares of each run's own window."""

    name = "regions"
    is_of_one_run = False

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._computing: DecisionRegions | None = None
        self._found: Answer = ()
        self._split = 0
        self._part = WHOLE
        self._cursor: tuple[float, float] | None = None
        self._drawn: tuple[object, Sequence[Strip]] | None = None

    def forget(self) -> None:
        self._found = ()

    def _visible(self, width: int, height: int) -> tuple[Subject, ...]:
        subjects = self.inspected.subjects
        return subjects[: tiling(len(subjects), width, height - 1).visible]

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        visible = self._visible(width, height)
        if not visible:
            return None
        tiled = tiling(len(visible), width, height - 1)
        frame = frame_of(tiled.width, tiled.height - (len(visible) > 1))
        until = tuple((subject.run_id, subject.iteration) for subject in visible)
        is_live = not self.inspected.is_replay and any(subject.is_going_on for subject in visible)
        split, part, cursor = SPLITS[self._split], self._part, self._cursor
        is_fine = self.chart_style.octants and self.chart_style.filled == "halves"

        def answers(path: Path, wanted: Wanted) -> Iterator[object]:
            from engine.jobs.inspection.regions import AskedRegions, DecisionRegions

            self._computing = self._computing or DecisionRegions()
            asked = AskedRegions(until, split, frame.width, 2 * frame.height, part, cursor, is_live, is_fine)
            yield from self._computing.answers(path, wanted, asked)

        runs = tuple(subject.run_id for subject in visible)
        return Inquiry((self.name, runs, split, part, cursor, frame, is_fine), answers, (until, is_live))

    def take(self, inquiry: Inquiry, answer: object) -> None:
        found: Answer = answer  # type: ignore[assignment]
        self._found, self.sentence = found, ""

    @property
    def _regions(self) -> list[RunRegions]:
        """What there is to see, in the order of the tiles."""
        return [found for one in self._found if (found := _seen(one)) is not None]

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        found = self._regions
        if not found:
            return []
        key = (self._found, self._cursor, width, height, self.chart_style)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = key, FilledRows(strip(self._above(found, width), width), *self._tiles(width, height - 1))
        return self._drawn[1]

    def _above(self, found: Sequence[RunRegions], width: int) -> Sequence[Part]:
        first = _seen(self._found[0])
        if self._cursor is not None and first is not None and first.under is not None:
            return regions.pointed_line(first)
        return regions.legend_line(found, self.chart_style.filled, width)

    def _tiles(self, width: int, height: int) -> list[Strip | FilledPicture]:
        """The tiles in rows, each row of tiles as high as they are: their titles, and a picture of all of them."""
        tiled = tiling(len(self._found), width, height)
        shown, has_titles = self._found[: tiled.visible], len(self._found) > 1
        parts: list[Strip | FilledPicture] = []
        for start in range(0, len(shown), tiled.across):
            beside = shown[start : start + tiled.across]
            pictures = [self._picture(one, tiled.width, tiled.height - has_titles) for one in beside]
            if has_titles:
                titles = [strip(self._title(one, tiled.width), tiled.width + GAP) for one in beside]
                parts.append(Strip.join(titles).adjust_cell_length(width))
            parts.append(side_by_side(pictures, GAP, width))
        return parts

    def _title(self, one: RunRegions | NoRegions, width: int) -> Sequence[Part]:
        slot, label = next(
            ((each.slot, each.label) for each in self.inspected.subjects if each.run_id == one.run_id), (0, "")
        )
        sign = marker(slot, ascii_only=self.chart_style.charset == "ascii")
        return [(f" {sign} ", run_style(slot)), *regions.title_parts(one.run_id, label, _seen(one), width - 3)]

    def _picture(self, one: RunRegions | NoRegions, width: int, height: int) -> FilledPicture:
        """The regions of a run; where there are none, why."""
        found, style = _seen(one), self.chart_style
        if found is None:
            return _told(getattr(one, "sentence", ""), width, height, style.filled)
        under = None if found.under is None or self._cursor is None else found.under.place
        return draw_regions(regions.view_of(found, under), width, height, style.filled, octants=style.octants)

    def caption(self) -> Sequence[Part]:
        found = self._regions
        if not found:
            return ()
        left = len(self.inspected.subjects) - len(self._found)
        more = f" · {left} more with pg down" if left > 0 else ""
        return [(self.chart_style.written(regions.caption(found) + more), DIM)]

    def offers(self) -> Mapping[str, str]:
        specs = [subject.spec for subject in self.inspected.subjects if subject.spec is not None]
        if not any(spec.objective in OF_EXAMPLES for spec in specs):
            return {}  # no class wins anywhere
        found = {"view": f"{SPLITS[(self._split + 1) % len(SPLITS)]} split"}
        if not self._regions or self.sentence:
            return found
        found |= {
            "move(1)": "down",
            "move(-1)": "up",
            "across(1)": "right",
            "across(-1)": "left",
            "zoom(2.0)": "zoom in",
        }
        if self._part != WHOLE:
            found["zoom(0.5)"] = "zoom out"
        if self._part != WHOLE or self._cursor is not None:
            found["whole"] = "all"
        return found

    def table(self) -> str:
        return regions.as_csv(self._regions) if self._found else ""

    def next_view(self) -> bool:
        self._split = (self._split + 1) % len(SPLITS)
        return True

    def move(self, across: int, down: int) -> bool:
        if not self._regions:
            return False
        left, right, bottom, top = self._part
        x, y = self._cursor or ((left + right) / 2, (bottom + top) / 2)
        if self._cursor is not None:
            x, y = x + across * (right - left) / STEPS, y - down * (top - bottom) / (STEPS / 2)
        moved = min(max(x, left), right), min(max(y, bottom), top)
        changed, self._cursor = moved != self._cursor, moved
        return changed

    def zoom(self, factor: float) -> bool:
        if not self._regions:
            return False
        before = self._part, self._cursor
        if not factor:
            self._part, self._cursor = WHOLE, None
            return before != (self._part, self._cursor)
        left, right, bottom, top = self._part
        size = min((right - left) / factor, 1.0)
        if size < CLOSEST:
            return False
        x, y = self._cursor or ((left + right) / 2, (bottom + top) / 2)
        kept = size / (right - left)
        first = min(max(x - (x - left) * kept, 0.0), 1.0 - size)
        lowest = min(max(y - (y - bottom) * kept, 0.0), 1.0 - size)
        self._part = first, first + size, lowest, lowest + size
        return before != (self._part, self._cursor)


def _told(sentence: str, width: int, height: int, manner: Manner) -> FilledPicture:
    sheet = FilledSheet(width, height, manner)
    sheet.write(1, 1, "!", POINTED)
    for row, line in enumerate(wrapped(sentence, max(width - 3, 1)), 1):
        sheet.write(row, 3, line, TITLE)
    return sheet.picture()


def _seen(one: RunRegions | NoRegions) -> RunRegions | None:
    """The regions, if there are any."""
    from engine.jobs.inspection.regions import RunRegions

    return one if isinstance(one, RunRegions) else None
