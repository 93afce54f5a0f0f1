"""Inquiries: what the inspector asks to be computed. Without Textual: the first read needs them before it is there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Wanted = Callable[[], bool]
"""Whether an answer is still wanted; asked between the parts of a long computation."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Something to compute in a thread.

    `question` is what is asked, `moment` how far the runs are: a new moment waits for the answer to the last one, a new
    question does not. `answers(path, wanted)`, a function of `tui.reading` or `engine.jobs`, yields one answer or
    several, each better than the one before, and None where a moment that waits may go first; it may raise StoreError
    or ValueError, whose text is shown.
    """

    question: Hashable
    answers: Callable[[Path, Wanted], Iterator[object]] = field(compare=False)
    moment: Hashable = None
