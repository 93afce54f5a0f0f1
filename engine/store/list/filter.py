"""Filter: the grammar of the runs filter (key `/`) and its parser.

    filter      = alternative { "|" alternative }     any alternative
    alternative = term { term }                       all of its terms
    term        = [ "-" ] ( word | field ":" value | field comparison number )

A word is searched in the name, note, tags, state, strategy and its label, objective and data set, and compared with the
run's id; `sgd` is gradient descent. Quotes keep spaces and turn anything into a word: `"a|b"`. Accuracies may be in per
cent, as tables show them: `accuracy>98`, `98%` or 0.98.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from engine.spec.parsing import near_match, number, quoted
from engine.store.list.filter_fields import ALIASES, CHOICES, MEASURED, NAMES, NUMBERS, SHARES, TEXTS
from engine.store.records import FilterError

_FIELD = re.compile(r"([^\W\d][\w-]*)(?:\s*:?(<=|>=|!=|==|<|>|=)\s*|:)")
_PIECE = re.compile(r'(?:[^\s|"]|"[^"]*")+')
_SHORTENED = re.compile(r"[-+]?\d+(?:\.\d*)?[kKMG]")
BEST_KNOWN = ("loss", "best", "accuracy", "step_size", "batch_size", "objective", "status", "tag")
"""Fields that an error names when nothing similar was typed."""

_UNITS = {"k": "e3", "K": "e3", "M": "e6", "G": "e9"}


@dataclass(frozen=True, slots=True)
class WordTerm:
    """Case-folded text, searched everywhere. A whole number does not match inside a longer one: 12 is not in b128."""

    text: str


@dataclass(frozen=True, slots=True)
class ChoiceTerm:
    """A field whose value is one of `values`."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Case-folded text contained in a field; a tag must equal it."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """A number of the run compared with a typed one; `sign` is = != < <= > or >=.

    Inequalities compare with `value`. Equality accepts `low` to `high`, all numbers that round to what was typed:
    3.16e-3 equals 10**-2.5 too.
    """

    field: str
    sign: str
    value: float
    low: float
    high: float


Asked = WordTerm | ChoiceTerm | TextTerm | NumberTerm


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a run, possibly negated."""

    asked: Asked
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: a run fits if it fits all terms of any alternative. Without alternatives every run fits."""

    alternatives: tuple[tuple[Term, ...], ...] = ()


@lru_cache(maxsize=64)
def parse(text: str) -> Filter:
    """Parse a typed filter; blank text fits every run. Raises FilterError for invalid text."""
    if not text.strip():
        return Filter()
    alternatives: list[tuple[Term, ...]] = []
    terms: list[Term] = []
    position = 0
    while True:
        position = _after_spaces(text, position)
        if position == len(text) or text[position] == "|":
            if not terms:
                raise FilterError(position, "| needs a term on both sides.")
            alternatives.append(tuple(terms))
            terms = []
            if position == len(text):
                return Filter(tuple(alternatives))
            position += 1
        else:
            term, position = _term(text, position)
            terms.append(term)


def begins_a_field(text: str) -> bool:
    """True if the last word of a filter may become the name of a field, as in 'sgd los'."""
    word = re.split(r"[\s|]", text)[-1].removeprefix("-").lower().replace("-", "_")
    return bool(word) and any(name.startswith(word) for name in (*NAMES, *ALIASES))


def _after_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _full_name(name: str) -> str:
    name = name.lower().replace("-", "_")
    return ALIASES.get(name, name)


def _term(text: str, start: int) -> tuple[Term, int]:
    position = start + (text[start] == "-")
    named = _FIELD.match(text, position)
    at = named.end() if named else position
    piece = _PIECE.match(text, at)
    end = piece.end() if piece else at
    if text[end : end + 1] == '"':
        raise FilterError(end, 'a quote has no end: write a second ".')
    value = text[at:end].replace('"', "")
    if named:
        return _asked(named[1], named[2] or ":", value, position, at, negated=position > start), end
    if not value:
        lack = "- needs a word after it: what to leave out." if position > start else "the quotes are empty."
        raise FilterError(start, lack)
    return Term(WordTerm(value.casefold()), position > start), end


def _asked(given: str, sign: str, value: str, position: int, at: int, *, negated: bool) -> Term:
    name = _full_name(given)
    sign = "=" if sign in (":", "==") else sign
    if name not in NAMES:
        near = near_match(name, [*NAMES, *ALIASES]) or f"; known: {', '.join(BEST_KNOWN)}, …"
        raise FilterError(position, f"unknown field {given}{near} (quote it to search for text).")
    if not value.strip():
        raise FilterError(at, f"{given.lower()} needs a value, such as {_example(name, given.lower())}.")
    if name in NUMBERS:
        return Term(_comparison(name, sign, value, at), negated)
    if sign not in ("=", "!="):
        raise FilterError(position, f"{name} is not a number: write {name}:{quoted(value)[1:-1]}.")
    negated ^= sign == "!="
    if name in TEXTS:
        return Term(TextTerm(name, value.casefold()), negated)
    try:
        return Term(ChoiceTerm(name, CHOICES[name].meant(value)), negated)
    except ValueError as error:
        _fail(at, name, error)


def _comparison(name: str, sign: str, value: str, at: int) -> NumberTerm:
    if name == "batch_size" and value.strip().lower() in ("full", "n"):
        return NumberTerm(name, sign, math.inf, math.inf, math.inf)
    is_per_cent = name in SHARES and value.rstrip().endswith("%")
    value = value.rstrip().removesuffix("%") if is_per_cent else value
    mantissa = re.split("[eE]", value)[0]
    if _SHORTENED.fullmatch(value):
        mantissa, value = value[:-1], value[:-1] + _UNITS[value[-1]]
    try:
        wanted = number(value)
    except ValueError as error:
        _fail(at, name, error)
    if is_per_cent or (name in SHARES and wanted > 1):
        wanted = _hundredth(wanted)
    digits = min(len(re.sub(r"\D", "", mantissa).lstrip("0")), 17)
    if digits < 2 or name not in MEASURED or not wanted:
        return NumberTerm(name, sign, wanted, wanted, wanted)
    low, high = sorted(_last_alike(wanted, wanted * factor, digits) for factor in (0.9, 1.1))
    return NumberTerm(name, sign, wanted, low, high)


def _hundredth(per_cent: float) -> float:
    """A hundredth, exact in decimal: float division may give a neighbouring number."""
    return float(Decimal(repr(per_cent)).scaleb(-2))


def _last_alike(wanted: float, beyond: float, digits: int) -> float:
    """The number nearest to `beyond` that still rounds to `wanted` at so many digits, by bisection."""
    alike = wanted
    while (middle := (alike + beyond) / 2) not in (alike, beyond):
        if float(f"{middle:.{digits - 1}e}") == wanted:
            alike = middle
        else:
            beyond = middle
    return alike


def _example(name: str, word: str) -> str:
    if name in CHOICES:
        return f"{word}:{CHOICES[name].choices[0]}"
    if name in TEXTS:
        return f"{word}:digits" if name == "dataset" else f"{word}:keep"
    return f"{word}>0.9" if name in SHARES else f"{word}<0.1" if name in MEASURED else f"{word}>=100"


def _fail(position: int, name: str, error: ValueError) -> NoReturn:
    raise FilterError(position, f"{name}: {error}.") from None
