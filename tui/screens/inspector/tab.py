"""Tab: one way to look inside runs. The inspector passes keys and answers to the tab in front."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.strip import Strip

from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.model.inspection.subjects import Inspected, Subject, TabName
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle

if TYPE_CHECKING:
    from engine.jobs.inspection.weights import Follower


REST_S, LOOK_S = 0.5, 0.02
"""Least seconds between two updates of the numbers of a growing run, as on the board, and between two looks whether
they are still wanted."""


class Tab(ABC):
    """Holds what is shown of the inspected runs, and what the viewer has chosen about it.

    What is to be computed is asked for as an inquiry, and never computed here. A method of a key returns whether it
    changed anything.
    """

    name: ClassVar[TabName]
    is_of_one_run: ClassVar[bool] = True
    """Whether the first run alone is shown."""

    def __init__(self, chart_style: ChartStyle) -> None:
        self.chart_style = chart_style
        self.inspected = Inspected()
        self.sentence = ""
        """Why there is nothing to show; '' if there is, or while it is computed."""
        self._follower: Follower | None = None
        self._due = 0.0

    def moment(self, subject: Subject) -> tuple[int, bool]:
        """The moment of an inquiry about a run: how far it is, and whether it grows."""
        return subject.iteration, subject.is_going_on and not self.inspected.is_replay

    def live(self, path: Path, subject: Subject, wanted: Wanted) -> Follower | None:
        """What follows a run while it grows, from one inquiry to the next; None where it stands still.

        Call it in the thread that answers: it waits until numbers may change again.
        """
        if not self.moment(subject)[1]:
            return None
        while (left := self._due - time.monotonic()) > 0 and wanted():
            time.sleep(min(left, LOOK_S))
        self._due = time.monotonic() + REST_S
        from engine.jobs.inspection.weights import Follower

        if self._follower is None or self._follower.run_id != subject.run_id:
            self._follower = Follower(path, subject.run_id)
        return self._follower

    def look_at(self, inspected: Inspected) -> None:
        """Show these runs, at this moment; what is known of other ones is forgotten."""
        many = 1 if self.is_of_one_run else None
        before, now = ([subject.run_id for subject in one.subjects[:many]] for one in (self.inspected, inspected))
        if before != now:
            self.forget()
        self.inspected = inspected

    @abstractmethod
    def forget(self) -> None:
        """Drop what was computed and chosen about runs that are no longer looked at."""

    @abstractmethod
    def inquiry(self, width: int, height: int) -> Inquiry | None:
        """What has to be computed for a picture of `width` x `height` cells; None if nothing has to be."""

    @abstractmethod
    def take(self, inquiry: Inquiry, answer: object) -> None:
        """Take over an answer to an inquiry of this tab."""

    @abstractmethod
    def rows(self, width: int, height: int) -> Sequence[Strip]:
        """The picture, at most `height` rows of `width` cells; it stays quick, because every key waits for it."""

    def caption(self) -> Sequence[Part]:
        """What is to be said about the picture, in a line below it; nothing by default."""
        return ()

    def offers(self) -> Mapping[str, str]:
        """The words of the actions in the key table that do something in this tab now, by action."""
        return {}

    def table(self) -> str:
        """The numbers behind the picture as CSV, for a file; '' if there are none."""
        return ""

    def move(self, across: int, down: int) -> bool:
        """Move the cursor."""
        return False

    def next_view(self) -> bool:
        """Show the next picture of this tab."""
        return False

    def scale(self, factor: float) -> bool:
        """Make this tab's number larger or smaller."""
        return False

    def zoom(self, factor: float) -> bool:
        """Zoom in or out; a factor of 0 shows the whole again."""
        return False

    def step(self, by: int) -> bool:
        """An iteration on, or back."""
        return False

    def start(self) -> Message | None:
        """What enter asks for; None if it does nothing."""
        return None
