"""Matching: how well a row of a list, with its name, key, other words and help, is what somebody has typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

NO_MATCH = 7
"""The rank of a row that the typed text does not mean."""


def rank(typed: str, name: str, key: str = "", aliases: Sequence[str] = (), explanation: str = "") -> int:
    """How well a row matches, 0 best: its key, its whole name or another word for it, how these begin, its help.

    Words match from their beginnings, in any order.
    """
    wanted, name = " ".join(typed.casefold().split()), name.casefold()
    words = _words(wanted)
    if key == typed:
        return 0
    if name == wanted or wanted in aliases:
        return 1
    if name.startswith(wanted):
        return 2
    if words and _begin(words, _words(name)):
        return 3
    if any(alias.startswith(wanted) for alias in aliases):
        return 4
    if words and _begin(words, _words(" ".join((name, *aliases)))):
        return 5
    return 6 if words and _begin(words, _words(" ".join((name, *aliases, explanation.casefold())))) else NO_MATCH


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _begin(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each typed word is how one of the words begins."""
    return all(any(word.startswith(one) for word in words) for one in typed)
