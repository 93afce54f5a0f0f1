"""Range: the step-size range test of the first run, and a sweep around what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.strip import Strip

from engine.text import setting_text
from tui.chart.inspected.range_test import draw_range_test
from tui.colours.theme import DIM
from tui.model.inspection.inquiries import Inquiry
from tui.model.sweep.sweep_messages import SweepRequested
from tui.presenting.inspected import range_test
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.picture_pane import picture_rows

if TYPE_CHECKING:
    from engine.jobs.inspection.range_test import RunRangeTest


class RangeTab(Tab):
    """Runs the range test when it comes to the front: from the run's beginning, or from its weights of then."""

    name = "range"

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._found: RunRangeTest | None = None
        self._start: int | None = None
        """The iteration whose weights are tested; None is the beginning."""

    def forget(self) -> None:
        self._found = self._start = None

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subject = self.inspected.first
        if subject is None:
            return None
        from engine.jobs.inspection.range_test import run_range_test

        answers = partial(run_range_test, run_id=subject.run_id, iteration=self._start)
        return Inquiry((self.name, subject.run_id, self._start), answers)

    def take(self, inquiry: Inquiry, answer: object) -> None:
        from engine.jobs.inspection.range_test import RunRangeTest

        if isinstance(answer, RunRangeTest):
            self._found = answer

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        subject = self.inspected.first
        if self._found is None or subject is None:
            return []
        view = range_test.view_of(self._found, subject.slot)
        return picture_rows(draw_range_test(view, width, height, self.chart_style.charset))

    def caption(self) -> Sequence[Part]:
        return () if self._found is None else [(range_test.summary(self._found), DIM)]

    @property
    def _around(self) -> tuple[float, float] | None:
        """The ends of a sweep around what a whole test has found."""
        found = None if self._found is None else self._found.found
        return found.around if found is not None and found.is_complete else None

    def offers(self) -> Mapping[str, str]:
        subject = self.inspected.first
        found = {}
        if self._around is not None:
            low, high = (setting_text(end, 2) for end in self._around)
            found["start"] = f"sweep {low} to {high}"
        if subject is not None and (self._start is not None or subject.iteration):
            found["view"] = "from its beginning" if self._start is not None else "from the weights of now"
        return found

    def table(self) -> str:
        return "" if self._found is None else range_test.as_csv(self._found)

    def next_view(self) -> bool:
        subject = self.inspected.first
        if subject is None or (self._start is None and not subject.iteration):
            return False
        self._start, self._found = subject.iteration if self._start is None else None, None
        return True

    def start(self) -> Message | None:
        subject = self.inspected.first
        if subject is None or self._around is None:
            return None
        return SweepRequested(subject.run_id, self._around)
