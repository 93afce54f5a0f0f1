"""Domains: the values that a field takes, parsed from text or checked as they are; errors say what fits."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


class SpecError(ValueError):
    """A value that a run cannot have: `field` names the field, the message says what fits."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class DataError(SpecError):
    """Data are missing, damaged or of the wrong shape: the message names the file and says what fits."""

    def __init__(self, message: str) -> None:
        super().__init__("dataset", message)


def near_match(given: str, known: Iterable[str]) -> str:
    """Return a hint such as '; did you mean digits?', or '' if no known word is close."""
    found = difflib.get_close_matches(given.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def as_text(value: Any) -> str:
    """Return a field's value as text that parses back to the same value: '' for None, all digits of a float.

    Floats are written as people write them: 100, 0.001, 1e-4, 1e6.
    """
    if value is None:
        return ""
    return _float_text(value) if isinstance(value, float) else str(value)


def _float_text(value: float) -> str:
    if not math.isfinite(value) or value == 0:
        return repr(value).removesuffix(".0")
    sign, digits, shift = Decimal(repr(float(value))).normalize().as_tuple()
    exponent = len(digits) + int(shift) - 1
    if -3 <= exponent < max(6, len(digits)):
        return repr(float(value)).removesuffix(".0")
    first, *others = map(str, digits)
    return f"{'-' if sign else ''}{first}{'.' if others else ''}{''.join(others)}e{exponent}"


def quoted(given: Any) -> str:
    """Quote a given value for an error message: printable, at most 40 characters of it."""
    text = as_text(given)
    text = text if len(text) <= 40 else text[:39] + "…"
    return ascii(text) if not text.isprintable() else repr(text)


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a field takes: `read` parses text, `of_type` validates a value of one of `types`.

    `of_type` takes the value and the original input, which its error quotes; it returns the value to store. Both
    raise ValueError that says what fits.
    """

    read: Callable[[str], Any]
    of_type: Callable[[Any, Any], Any]
    types: tuple[type, ...] = ()

    def parse(self, text: str) -> Any:
        """Parse and validate a text. Raises ValueError that says what fits."""
        return self.of_type(self.read(text), text)


NUMBERS = (float, int)


def choice(choices: tuple[str, ...]) -> Domain:
    """The domain of these choices; upper and lower case are the same."""

    def known(value: str, given: Any) -> str:
        if value not in choices:
            raise ValueError(
                f"{quoted(given)} is not known{near_match(value, choices)} (choose from {', '.join(choices)})"
            )
        return value

    return Domain(lambda text: text.strip().lower(), known)


def number(text: str) -> float:
    """Parse a finite number. Raises ValueError that says how to write one."""
    try:
        value = float(text.strip())
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a number; write it like 0.1 or 1e-3") from None
    return _finite(value, text)


def _finite(value: float, given: Any) -> float:
    try:
        value = float(value)
    except OverflowError:  # a whole number beyond every float
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{quoted(given)} is not a finite number")
    return value


def _numbers(fits: Callable[[float], bool], condition: str) -> Domain:
    def fitting(value: float, given: Any) -> float:
        value = _finite(value, given)
        if not fits(value):
            raise ValueError(f"must be {condition}, not {quoted(given)}")
        return value

    return Domain(number, fitting, NUMBERS)


positive = _numbers(lambda value: value > 0, "greater than 0")
not_negative = _numbers(lambda value: value >= 0, "0 or greater")
fraction = _numbers(lambda value: 0 <= value < 1, "at least 0 and less than 1")
up_to_one = _numbers(lambda value: 0 < value <= 1, "greater than 0 and at most 1")
at_least_one = _numbers(lambda value: value >= 1, "at least 1")
above_one = _numbers(lambda value: value > 1, "greater than 1")


def at_least(least: int, most: int = 2**53) -> Domain:
    """The domain of whole numbers from `least` to `most`; 1e5, 1_000 and 1,000 are whole numbers too."""

    def whole(value: float, given: Any) -> int:
        value = _finite(value, given)
        if value != int(value):
            raise ValueError(f"{quoted(given)} is not a whole number")
        if value < least:
            raise ValueError(f"must be at least {least}, not {quoted(given)}")
        if value > most:
            raise ValueError(f"must be at most {most:,}, not {quoted(given)}")
        return int(value)

    return Domain(lambda text: number(text.replace("_", "").replace(",", "")), whole, NUMBERS)


def or_none(domain: Domain, *words: str) -> Domain:
    """The domain extended by None, written as an empty text or one of the words."""
    words = ("", *words)
    return Domain(
        lambda text: None if text.strip().lower() in words else domain.read(text),
        lambda value, given: None if value is None else domain.of_type(value, given),
        (*domain.types, type(None)),
    )


def sizes(least: int, most: int, longest: int, example: str) -> Domain:
    """Whole numbers from `least` to `most`, at most `longest` of them, kept as a text such as '128,64'."""
    one = at_least(least, most)

    def listed(value: str, given: Any) -> str:
        texts = [text for text in value.replace(",", " ").split() if text]
        if not 1 <= len(texts) <= longest:
            raise ValueError(
                f"must be 1 to {longest} whole numbers with commas between, like {example}, not {quoted(given)}"
            )
        for text in texts:
            try:
                number(text)
            except ValueError:
                raise ValueError(f"{quoted(text)} is not a number; write it like {example}") from None
        return ",".join(str(one.parse(text)) for text in texts)

    return Domain(lambda text: text.strip().strip("()[]"), listed)


def sizes_of(value: str) -> tuple[int, ...]:
    """The numbers of a field of `sizes`."""
    return tuple(map(int, value.split(",")))


batch_size = or_none(at_least(1), "full", "n")
"""A whole number of examples, or None for the full batch."""


def optional(domain: Domain) -> Domain:
    """The domain extended by None, written as an empty text, none or no."""
    return or_none(domain, "none", "no")
