"""Domains: which values a field takes, read from text or checked as they are; refusals say what fits."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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


def as_text(value: Any) -> str:
    """A field's value as the text that is read back to it: '' for none, all digits kept."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def shown(given: Any) -> str:
    """What was given, short and printable, for an error message."""
    text = as_text(given)
    text = text if len(text) <= 40 else text[:39] + "…"
    return ascii(text) if not text.isprintable() else repr(text)


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a field takes: `read` makes one from text, `of_type` checks one of a type in `types`.

    `of_type` takes the value and what was given for it, which an error quotes; it returns the value as it is kept. Both
    raise ValueError that says what fits.
    """

    read: Callable[[str], Any]
    of_type: Callable[[Any, Any], Any]
    types: tuple[type, ...] = ()

    def parse(self, text: str) -> Any:
        """The value that a text means."""
        return self.of_type(self.read(text), text)


NUMBERS = (float, int)


def choice(choices: tuple[str, ...]) -> Domain:
    """One of the choices, in any case of letters."""

    def known(value: str, given: Any) -> str:
        if value not in choices:
            raise ValueError(
                f"{shown(given)} is not known{near_match(value, choices)} (choose from {', '.join(choices)})"
            )
        return value

    return Domain(lambda text: text.strip().lower(), known)


def number(text: str) -> float:
    """The finite number that a text means. Raises ValueError that says how to write one."""
    try:
        value = float(text.strip())
    except ValueError:
        raise ValueError(f"{shown(text)} is not a number; write it like 0.1 or 1e-3") from None
    return _finite(value, text)


def _finite(value: float, given: Any) -> float:
    try:
        value = float(value)
    except OverflowError:  # a whole number beyond every float
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{shown(given)} is not a finite number")
    return value


def _numbers(fits: Callable[[float], bool], told: str) -> Domain:
    def fitting(value: float, given: Any) -> float:
        value = _finite(value, given)
        if not fits(value):
            raise ValueError(f"must be {told}, not {shown(given)}")
        return value

    return Domain(number, fitting, NUMBERS)


positive = _numbers(lambda value: value > 0, "greater than 0")
not_negative = _numbers(lambda value: value >= 0, "0 or greater")
fraction = _numbers(lambda value: 0 <= value < 1, "at least 0 and less than 1")
up_to_one = _numbers(lambda value: 0 < value <= 1, "greater than 0 and at most 1")
above_one = _numbers(lambda value: value > 1, "greater than 1")


def at_least(least: int, most: int = 2**53) -> Domain:
    """A whole number between `least` and `most`; 1e5 and 1,000 are too."""

    def whole(value: float, given: Any) -> int:
        value = _finite(value, given)
        if value != int(value):
            raise ValueError(f"{shown(given)} is not a whole number")
        if value < least:
            raise ValueError(f"must be at least {least}, not {shown(given)}")
        if value > most:
            raise ValueError(f"must be at most {most:,}, not {shown(given)}")
        return int(value)

    return Domain(lambda text: number(text.replace("_", "").replace(",", "")), whole, NUMBERS)


def or_none(domain: Domain, *words: str) -> Domain:
    """What a domain takes, or None, written as nothing or as one of the words."""
    words = ("", *words)
    return Domain(
        lambda text: None if text.strip().lower() in words else domain.read(text),
        lambda value, given: None if value is None else domain.of_type(value, given),
        (*domain.types, type(None)),
    )


batch_size = or_none(at_least(1), "full", "n")
"""A whole number of examples, or None for the full batch."""


def optional(domain: Domain) -> Domain:
    """What a domain takes, or None for nothing, none or no."""
    return or_none(domain, "none", "no")
