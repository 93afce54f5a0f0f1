"""Failures: an error, and the line that it came from, as one sentence."""

from __future__ import annotations

import os
import traceback

from engine.text import clean

LONGEST_MESSAGE = 160
"""Characters of an error's own message: what follows it, the line that it came from, has to stay in sight."""

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OURS = tuple(os.path.join(_ROOT, package, "") for package in ("engine", "tui", "lossboard"))


def where(error: BaseException) -> str:
    """Return an error with the last line outside of this program that it came from, if there is one.

    Such as "ValueError: bad (line 7 of bowl in my.py: raise ValueError('bad'))".
    """
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines() or [type(error).__name__]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{lines[-1]} (line {error.lineno} of {os.path.basename(error.filename)})"
    told = clean(" ".join(lines), LONGEST_MESSAGE)
    frames = _own_frames(error)
    if not frames:
        return told
    frame = frames[-1]
    line = f": {frame.line}" if frame.line else ""
    return f"{told} (line {frame.lineno} of {frame.name} in {os.path.basename(frame.filename)}{line})"


def told(error: BaseException) -> str:
    """Return the words of an error; for one that somebody's own code has raised, also where it did."""
    return f"It failed: {where(error)}" if _own_frames(error) else str(error)


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]


def _is_own(filename: str) -> bool:
    return not (filename.startswith((*OURS, "<")) or f"{os.sep}site-packages{os.sep}" in filename)
