"""The lesson line: a lesson in grey, and the keys of the next one."""

from __future__ import annotations

from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM
from tui.presenting.lessons import Lesson
from tui.text.parts import Part, cells
from tui.widgets.lines import strip

INDENT = "   "
"""As wide as the sign of the message above it."""


def lesson_lines(lesson: Lesson | None, width: int) -> list[Strip]:
    """The longest wording that fits beside the keys, the keys alone if none does; no line without a lesson."""
    if lesson is None:
        return []
    right: list[Part] = [(lesson.keys, ACCENTED), (f" {lesson.next} ", DIM)] if lesson.keys else []
    room = width - cells(right) - len(INDENT) - 1
    seen = next((text for text in lesson.seen if len(text) <= room), "")
    return [strip([(INDENT + seen, DIM)], width, right)]
