"""The grammar of `/`: which runs are shown.

    filter      = alternative { "|" alternative }     any alternative
    alternative = term { term }                       all of its terms
    term        = [ "-" ] ( word | field ":" value | field comparison number )

A word is looked for in the name, the strategy's label, the tags and the note, and is compared with the run's number.
Quotes hold spaces together and make a word of anything: `"a|b"`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from engine.store import Run
from engine.values import near_match, number, shown
from tui.filter_fields import ALIASES, CHOICES, NAMES, NUMBERS, TEXTS, label_of, number_of

_FIELD = re.compile(r"([^\W\d][\w-]*)(?:\s*:?(<=|>=|!=|==|<|>|=)\s*|:)")
_PIECE = re.compile(r'(?:[^\s|"]|"[^"]*")+')
_SHORTENED = re.compile(r"[-+]?\d+(?:\.\d*)?[kKMG]")
_UNITS = {"k": "e3", "K": "e3", "M": "e6", "G": "e9"}

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class FilterError(ValueError):
    """A filter that cannot be read: `position` is where, from 0, and the sentence says what would fit."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(sentence)
        self.position = position
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Word:
    """Looks for lower-case text. A whole number is not found inside a longer one: 12 is not in b128."""

    text: str

    def holds(self, run: Run, status: str) -> bool:
        """Whether the run has the word anywhere."""
        if self.text == str(run.run_id):
            return True
        where = "\n".join((run.name, label_of(run), *run.tags, run.note)).casefold()
        if not self.text.isdecimal():
            return self.text in where
        return re.search(rf"(?<!\d){self.text}(?!\d)", where) is not None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some answers to a field."""

    field: str
    values: frozenset[str]

    def holds(self, run: Run, status: str) -> bool:
        """Whether the run gives one of the answers."""
        return not self.values.isdisjoint(CHOICES[self.field].answers(run, status))


@dataclass(frozen=True, slots=True)
class Text:
    """Lower-case text in an answer to a field; the whole answer for a tag."""

    field: str
    text: str

    def holds(self, run: Run, status: str) -> bool:
        """Whether the run's answer has the text."""
        answers = [answer.casefold() for answer in TEXTS[self.field](run)]
        return self.text in answers if self.field == "tag" else any(self.text in answer for answer in answers)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number of the run against one that was typed with so many significant digits.

    From two digits on, equal is what is written alike with as many: 3.16e-3 finds the step size 10**-2.5.
    """

    field: str
    sign: str
    number: float
    digits: int

    def holds(self, run: Run, status: str) -> bool:
        """Whether the comparison holds. A missing number is not equal to any, nor less or greater."""
        value = number_of(run, self.field)
        if value is None or math.isnan(value):
            return self.sign == "!="
        if self._is_written_alike(value):
            value = self.number
        return _COMPARISONS[self.sign](value, self.number)

    def _is_written_alike(self, value: float) -> bool:
        if self.digits < 2 or not isinstance(value, float) or not math.isclose(value, self.number, rel_tol=0.1):
            return False
        return float(f"{value:.{self.digits - 1}e}") == self.number


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a run must be, or must not be."""

    asked: Word | Choice | Text | Comparison
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What `parse` read: a run matches where it fits all terms of any alternative. Without any, all runs match."""

    alternatives: tuple[tuple[Term, ...], ...] = ()

    def matches(self, run: Run, status: str) -> bool:
        """Whether a run is shown; `status` is the run's state as it is judged now."""
        return not self.alternatives or any(
            all(term.asked.holds(run, status) != term.negated for term in terms) for terms in self.alternatives
        )


def parse(text: str) -> Filter:
    """The filter that was typed; nothing but spaces lets every run through. Raises FilterError."""
    if not text.strip():
        return Filter()
    alternatives: list[tuple[Term, ...]] = []
    terms: list[Term] = []
    position = 0
    while True:
        position = _after_spaces(text, position)
        if position == len(text) or text[position] == "|":
            if not terms:
                raise FilterError(position, "Something must stand on both sides of |.")
            alternatives.append(tuple(terms))
            terms = []
            if position == len(text):
                return Filter(tuple(alternatives))
            position += 1
        else:
            term, position = _term(text, position)
            terms.append(term)


def completions(text: str) -> list[str]:
    """How the last word of a text may go on, whole: names of fields, and the choices after a field's colon."""
    last = re.split(r"[\s|]", text)[-1].removeprefix("-").lower()
    name, colon, begun = last.partition(":")
    if not colon:
        return [f"{known}{':' if known not in NUMBERS else ''}" for known in NAMES if known.startswith(name)]
    name = _full_name(name)
    return (
        [f"{name}:{choice}" for choice in CHOICES[name].choices if choice.startswith(begun)] if name in CHOICES else []
    )


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
        raise FilterError(end, 'The quote that begins here has no end: write a second ".')
    value = text[at:end].replace('"', "")
    if named:
        return _asked(named[1], named[2] or ":", value, position, at, negated=position > start), end
    if not value:
        lack = "Nothing stands after -: write what to leave out." if position > start else "Nothing is in the quotes."
        raise FilterError(start, lack)
    return Term(Word(value.casefold()), position > start), end


def _asked(given: str, sign: str, value: str, position: int, at: int, *, negated: bool) -> Term:
    name = _full_name(given)
    sign = "=" if sign in (":", "==") else sign
    if name not in NAMES:
        near = near_match(name, [*NAMES, *ALIASES])
        raise FilterError(position, f"{shown(given)} is no field{near} (put quotes around what is only text).")
    if not value.strip():
        raise FilterError(at, f"What {name}? Write a value after it{_example(name)}.")
    if name in NUMBERS:
        return Term(_comparison(name, sign, value, at), negated)
    if sign not in ("=", "!="):
        raise FilterError(position, f"{name} is no number: write {name}:{shown(value)[1:-1]}.")
    negated ^= sign == "!="
    if name in TEXTS:
        return Term(Text(name, value.casefold()), negated)
    try:
        return Term(Choice(name, CHOICES[name].meant(value)), negated)
    except ValueError as error:
        _fail(at, name, error)


def _comparison(name: str, sign: str, value: str, at: int) -> Comparison:
    if name == "batch_size" and value.strip().lower() in ("full", "n"):
        return Comparison(name, sign, math.inf, 0)
    mantissa = re.split("[eE]", value)[0]
    if _SHORTENED.fullmatch(value):
        mantissa, value = value[:-1], value[:-1] + _UNITS[value[-1]]
    try:
        wanted = number(value)
    except ValueError as error:
        _fail(at, name, error)
    digits = len(re.sub(r"\D", "", mantissa).lstrip("0"))
    return Comparison(name, sign, wanted, min(digits, 17))


def _example(name: str) -> str:
    if name in CHOICES:
        return f", such as {name}:{CHOICES[name].choices[0]}"
    return f", such as {name}>=0.1" if name in NUMBERS else ""


def _fail(position: int, name: str, error: ValueError) -> NoReturn:
    raise FilterError(position, f"{name}: {error}.") from None
