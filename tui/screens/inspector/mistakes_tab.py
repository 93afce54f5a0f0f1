"""Mistakes: the confusion matrix of a split, and the examples that the run is most wrong about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.strip import Strip

from engine.spec.choices import OF_EXAMPLES
from engine.text import clean
from tui.colours.theme import DIM
from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.presenting.inspected import mistakes
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import strip

if TYPE_CHECKING:
    from engine.jobs.inspection.mistakes import RunMistakes

SPLITS = ("validation", "test", "train")

LEAST_BELOW = 7
"""Rows that the examples have at least below the matrix: a title, and pictures of digits."""

BESIDE = 90
"""Columns from which the examples stand beside the matrix instead of below it."""


class MistakesTab(Tab):
    """Shows a split of the first run. Without a cursor on a cell of the matrix all its mistakes are shown."""

    name = "mistakes"

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._found: RunMistakes | None = None
        self._split = 0
        self._pointed: mistakes.Cell | None = None

    def forget(self) -> None:
        self._found = self._pointed = None

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subject = self.inspected.first
        if subject is None:
            return None
        from engine.jobs.inspection.mistakes import run_mistakes

        split = SPLITS[self._split]

        def answers(path: Path, wanted: Wanted) -> Iterator[RunMistakes]:
            return run_mistakes(
                path, wanted, subject.run_id, subject.iteration, split, self.live(path, subject, wanted)
            )

        return Inquiry((self.name, subject.run_id, split), answers, self.moment(subject))

    def take(self, inquiry: Inquiry, answer: object) -> None:
        from engine.jobs.inspection.mistakes import RunMistakes

        if isinstance(answer, RunMistakes):
            self._found = answer

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        found, manner = self._found, self.chart_style.manner
        if found is None:
            return []
        if width < BESIDE:
            above = mistakes.matrix_lines(found, manner, self._pointed, width, max(height - LEAST_BELOW, 3))
            below = mistakes.example_lines(found, manner, self._pointed, width, max(height - len(above) - 1, 1))
            return [strip(line, width) for line in [*above, [], *below][:height]]
        half = width // 2
        left = mistakes.matrix_lines(found, manner, self._pointed, half, height)
        right = mistakes.example_lines(found, manner, self._pointed, width - half, height)
        blank = strip((), half)
        rows = [strip(line, half) for line in left[:height]]
        rows += [blank] * (min(len(right), height) - len(rows))
        return [
            Strip.join([row, strip(right[number] if number < len(right) else [], width - half)])
            for number, row in enumerate(rows)
        ]

    def caption(self) -> Sequence[Part]:
        return () if self._found is None else [(clean(mistakes.summary(self._found), 200), DIM)]

    def offers(self) -> Mapping[str, str]:
        subject = self.inspected.first
        if subject is None or subject.spec is None or subject.spec.objective not in OF_EXAMPLES:
            return {}  # no split has mistakes
        following = SPLITS[(self._split + 1) % len(SPLITS)]
        found = {"view": f"{following} split"}
        if self._found is not None and not self.sentence:
            found |= {"move(1)": "class", "move(-1)": "class before", "across(1)": "taken for", "across(-1)": "left"}
        if self._pointed is not None:
            found["whole"] = "all mistakes"
        return found

    def table(self) -> str:
        return "" if self._found is None else mistakes.as_csv(self._found)

    def next_view(self) -> bool:
        self._split = (self._split + 1) % len(SPLITS)
        return True

    def zoom(self, factor: float) -> bool:
        had, self._pointed = self._pointed, None
        return factor == 0 and had is not None

    def move(self, across: int, down: int) -> bool:
        if self._found is None:
            return False
        last = len(self._found.names) - 1
        row, column = self._pointed or (0, 0)
        moved = max(0, min(row + down, last)), max(0, min(column + across, last))
        self._pointed = moved if self._pointed is not None else (0, 0)
        return True
