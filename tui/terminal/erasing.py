"""Erasing: whether erased cells get the current background colour ("back color erase" in terminfo)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

WITHOUT = ("screen", "tmux", "vt1", "vt2", "ansi")
"""Prefixes of the names of terminals without it, used if terminfo is not available."""


def keeps_background(
    environment: Mapping[str, str] = os.environ, known: Callable[[str], bool | None] | None = None
) -> bool:
    """Whether erased cells keep the background; those of GNU screen do not, so its blanks must be written."""
    name = environment.get("TERM", "")
    flag = (known or of_terminfo)(name)
    return not name.startswith(WITHOUT) if flag is None else flag


def of_terminfo(name: str) -> bool | None:
    """Terminfo's "back color erase" flag of a terminal; None if terminfo does not know it. Call it once per process."""
    try:
        import curses
    except ImportError:  # Python can be built without curses
        return None
    try:
        curses.setupterm(name, 1)
    except curses.error:
        return None
    return curses.tigetflag("bce") > 0
