"""Erasing: whether a terminal gives what it erases the colour that is being written with, as terminfo knows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

WITHOUT = ("screen", "tmux", "vt1", "vt2", "ansi")
"""How the names of those begin that do not, where terminfo cannot be asked."""


def keeps_the_ground(
    environment: Mapping[str, str] = os.environ, known: Callable[[str], bool | None] | None = None
) -> bool:
    """Whether erased cells keep the ground; GNU screen gives them the terminal's own, so they must be written."""
    name = environment.get("TERM", "")
    told = (known or of_terminfo)(name)
    return not name.startswith(WITHOUT) if told is None else told


def of_terminfo(name: str) -> bool | None:
    """What terminfo says of a terminal ("back color erase"); None where it does not know it. Asked once a process."""
    try:
        import curses
    except ImportError:  # Python can be built without
        return None
    try:
        curses.setupterm(name, 1)
    except curses.error:
        return None
    return curses.tigetflag("bce") > 0
