"""Patterns: what a line is searched for. All are linear in its length, but those that people give are theirs."""

from __future__ import annotations

import re

from engine.spec.parsing import SpecError, quoted

NUMBER = (
    r"[-+]?(?:(?:\d{1,3}(?:,\d{3}){1,5}(?![\d,])(?:\.\d{1,40})?|\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,5})?"
    r"|nan|inf(?:inity)?)"
)
END = r"(?![\w%]*[A-Za-z_]|\.\d|[:\-]\d|/\S)"
"""What may not follow a number: letters of a unit or a word, the rest of a version, a time, a date or a path."""

PAIR = re.compile(
    rf"""(?<![\w./@'"-])['"]?(?P<name>[A-Za-z_][\w./@-]{{0,63}})['"]?"""
    r"(?P<between>[ \t]{0,8}[=:][ \t]{0,12}|[ \t]{1,4}(?:is|was|now|of|at)[ \t]{1,4}|[ \t]{1,8}\#?)"
    r"(?:(?:tensor|array|np\.float\d\d|float\d\d|Array)\([ \t]?\[?)?"
    rf"(?P<value>{NUMBER})(?:[ \t]?(?:/|of)[ \t]?(?P<total>\d{{1,12}})(?![\w./]))?{END}",
    re.IGNORECASE,
)
"""A name and its number: loss=0.3, loss: 0.3, loss is 0.3, loss 0.3, 'loss': 0.3, Epoch 3/10."""

PROGRESS = re.compile(r"(?<![\w./:-])(?P<done>\d{1,12})[ \t]?/[ \t]?(?P<total>\d{1,12})(?![\w./:-])")
"""How much of it is done: [100/1000], or a progress bar's 45/100."""

WORD = re.compile(r"[A-Za-z_][\w./@%-]{0,63}$")


def number(text: str) -> float:
    """The number of a text that NUMBER fits."""
    return float(text.replace(",", ""))


def parse_pattern(text: str) -> re.Pattern[str]:
    """A pattern of somebody's own, whose named groups are metrics. Raises SpecError that says what is wrong with it."""
    try:
        found = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise SpecError("scrape", f"scrape: {quoted(text)} is no regular expression: {error}") from None
    if not set(found.groupindex) - {"step"}:
        raise SpecError("scrape", f"scrape: {quoted(text)} names no metric; write it like 'loss (?P<loss>[0-9.]+)'")
    return found
