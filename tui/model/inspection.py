"""Inspection: what the inspector looks at, and what it asks to be computed about it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from textual.message import Message

from engine.spec import RunSpec
from tui.model.message import message

TabName = Literal["weights", "mistakes"]

TITLES: Mapping[TabName, str] = {"weights": "Weights", "mistakes": "Mistakes"}
"""The tabs in their order, as the screen calls them."""

Wanted = Callable[[], bool]
"""Whether an answer is still wanted; asked between the parts of a long computation."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A run that is inspected: as it is now, or as it was after `iteration` iterations at a moment of a replay.

    `slot` is the colour slot of its curve, `spec` None where this version cannot read it.
    """

    run_id: int
    label: str
    slot: int
    spec: RunSpec | None
    iteration: int
    is_going_on: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """The runs that are inspected, the one of single-run tabs first; `is_replay` at a moment of a replay."""

    subjects: tuple[Subject, ...] = ()
    is_replay: bool = False

    @property
    def first(self) -> Subject | None:
        """The run that tabs about one run show."""
        return self.subjects[0] if self.subjects else None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Something to compute in a thread.

    `question` is what is asked, `moment` how far the runs are: a new moment waits for the answer to the last one, a new
    question does not. `answers(path, wanted)`, a function of `tui.reading` or `engine.jobs`, yields one answer or
    several, each better than the one before; it may raise StoreError or ValueError, whose text is shown.
    """

    question: Hashable
    answers: Callable[[Path, Wanted], Iterator[object]] = field(compare=False)
    moment: Hashable = None


@message
class InquiryMade(Message):
    """Have something computed."""

    inquiry: Inquiry


@message
class InquiryAnswered(Message):
    """An answer to an inquiry, or a sentence that says why there is none; `is_last`: no other one follows."""

    inquiry: Inquiry
    answer: object = None
    sentence: str = ""
    is_last: bool = False
