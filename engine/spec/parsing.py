"""Reading one value from text: each reader gives the value or raises ValueError that says what fits."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from typing import Any


class SpecError(ValueError):
    """A value that does not make a run: `field` names it, the message says what would fit."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class DataError(SpecError):
    """The data themselves are missing, damaged or of the wrong shape: the message names the file and what fits."""

    def __init__(self, message: str) -> None:
        super().__init__("dataset", message)


def near_match(given: str, known: Iterable[str]) -> str:
    """A hint such as '; did you mean digits?', or '' when nothing known is near."""
    found = difflib.get_close_matches(given.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def shown(given: str) -> str:
    """What was typed, short and printable, for an error message."""
    text = given if len(given) <= 40 else given[:39] + "…"
    return ascii(text) if not text.isprintable() else repr(text)


def choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    """One of the choices, in any case of letters."""

    def parse(text: str) -> str:
        value = text.strip().lower()
        if value not in choices:
            raise ValueError(
                f"{shown(text)} is not known{near_match(value, choices)} (choose from {', '.join(choices)})"
            )
        return value

    return parse


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text.strip())
    except ValueError:
        raise ValueError(f"{shown(text)} is not a number; write it like 0.1 or 1e-3") from None
    if not math.isfinite(value):
        raise ValueError(f"{shown(text)} is not a finite number")
    return value


def positive(text: str) -> float:
    """A number greater than 0."""
    value = number(text)
    if value <= 0:
        raise ValueError(f"must be greater than 0, not {shown(text)}")
    return value


def not_negative(text: str) -> float:
    """A number of at least 0."""
    value = number(text)
    if value < 0:
        raise ValueError(f"must be 0 or greater, not {shown(text)}")
    return value


def whole(text: str) -> int:
    """A whole number; 1e5 and 1,000 are too."""
    value = number(text.replace("_", "").replace(",", ""))
    if value != int(value):
        raise ValueError(f"{shown(text)} is not a whole number")
    return int(value)


def fraction(text: str) -> float:
    """A number of at least 0 and less than 1."""
    value = number(text)
    if not 0 <= value < 1:
        raise ValueError(f"must be at least 0 and less than 1, not {shown(text)}")
    return value


def up_to_one(text: str) -> float:
    """A number greater than 0 and at most 1."""
    value = number(text)
    if not 0 < value <= 1:
        raise ValueError(f"must be greater than 0 and at most 1, not {shown(text)}")
    return value


def above_one(text: str) -> float:
    """A number greater than 1."""
    value = number(text)
    if value <= 1:
        raise ValueError(f"must be greater than 1, not {shown(text)}")
    return value


def at_least(least: int, most: int = 2**53) -> Callable[[str], int]:
    """A whole number between `least` and `most`."""

    def parse(text: str) -> int:
        value = whole(text)
        if value < least:
            raise ValueError(f"must be at least {least}, not {shown(text)}")
        if value > most:
            raise ValueError(f"must be at most {most:,}, not {shown(text)}")
        return value

    return parse


def batch_size(text: str) -> int | None:
    """A whole number of examples, or None for the full batch."""
    return None if text.strip().lower() in ("full", "n") else at_least(1)(text)


def optional(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """What `parse` reads, or None for nothing, none or no."""
    return lambda text: None if text.strip().lower() in ("", "none", "no") else parse(text)
