"""Filter: the grammar of the runs filter (key `/`) and its parser.

    filter      = alternative { "|" alternative }     any alternative
    alternative = term { term }                       all of its terms
    term        = [ "-" ] ( word | field ":" value | field comparison value )

A field is one of the store's (`filter_fields`), or one that programs name (`logged_fields`): `config.lr`,
`val/loss.min`, `metric:"odd name"`. A config value that is a number is compared with a number, any other one as text:
`=` is all of it, `:` a part.

A word is searched in the name, note, tags, state, strategy and its label, objective and data set, and compared with the
run's id; `sgd` is gradient descent. Quotes keep spaces and turn anything into a word: `"a|b"`. Accuracies may be in per
cent, as tables show them: `accuracy>98`, `98%` or 0.98.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NoReturn

from engine.spec.parsing import near_match, number, quoted
from engine.store.list.filter_fields import ALIASES, CHOICES, MEASURED, NAMES, NUMBERS, SHARES, TEXTS
from engine.store.list.logged_fields import (
    NO_NAMES,
    PREFIX,
    LoggedField,
    LoggedNames,
    logged_field,
    sought,
    unknown,
    written,
)
from engine.store.records import FilterError

_SIGN = r"(?:\s*:?(<=|>=|!=|==|<|>|=)\s*|:)"
_FIELD = re.compile(rf"([^\W\d][\w./-]*){_SIGN}")
_PREFIXED = re.compile(rf'((?:metric:|config\.|summary\.)(?:"[^"]+"|[^\s|"<>=!:]+)){_SIGN}')
_HAS_METRIC = re.compile(r'(metric:(?:"[^"]+"|[^\s|"<>=!:]+))(?=[\s|]|$)')
_PIECE = re.compile(r'(?:[^\s|"]|"[^"]*")+')
_SHORTENED = re.compile(r"[-+]?\d+(?:\.\d*)?[kKMG]")
_UNSIGNED = re.compile(r"[^<>=!:]*")
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


@dataclass(frozen=True, slots=True)
class LoggedTerm:
    """A field that programs name, compared with a number where both are numbers, else with case-folded text.

    `sign` is one of NumberTerm's, ":" for a text that is contained, or "" for a field that is there.
    """

    field: LoggedField
    sign: str
    text: str = ""
    number: NumberTerm | None = None


Asked = WordTerm | ChoiceTerm | TextTerm | NumberTerm | LoggedTerm


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a run, possibly negated."""

    asked: Asked
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: a run fits if it fits all terms of any alternative. Without alternatives every run fits."""

    alternatives: tuple[tuple[Term, ...], ...] = ()


def parse(text: str, names: LoggedNames = NO_NAMES) -> Filter:
    """Parse a typed filter; blank text fits every run. `names` are those that programs have given.

    Raises FilterError for invalid text, and for a field that no run has.
    """
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
            term, position = _term(text, position, names)
            terms.append(term)


def begins_a_field(text: str, logged: Iterable[str] = ()) -> bool:
    """True if the last word of a filter may become the name of a field, as in 'sgd los'; `logged` are other names."""
    word = re.split(r"[\s|]", text)[-1].removeprefix("-")
    if not word:
        return False
    as_field = word.lower().replace("-", "_")
    names = (*NAMES, *ALIASES, *PREFIX.values())
    is_prefixed = any(word.startswith(prefix) and _UNSIGNED.fullmatch(word, len(prefix)) for prefix in PREFIX.values())
    return (
        is_prefixed or any(name.startswith(as_field) for name in names) or any(name.startswith(word) for name in logged)
    )


def _after_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _full_name(name: str) -> str:
    name = name.lower().replace("-", "_")
    return ALIASES.get(name, name)


def _term(text: str, start: int, names: LoggedNames) -> tuple[Term, int]:
    position = start + (text[start] == "-")
    if has := _HAS_METRIC.match(text, position):
        field = _logged(has[1], names, position)
        return Term(LoggedTerm(field, ""), position > start), has.end()
    prefixed = _PREFIXED.match(text, position)
    named = prefixed or _FIELD.match(text, position)
    at = named.end() if named else position
    piece = _PIECE.match(text, at)
    end = piece.end() if piece else at
    if text[end : end + 1] == '"':
        raise FilterError(end, 'a quote has no end: write a second ".')
    value = text[at:end].replace('"', "")
    if named and (prefixed or _full_name(named[1]) not in NAMES):
        field = _logged(named[1], names, position)
        return _compared(field, named[2] or ":", value, at, negated=position > start), end
    if named:
        return _asked(named[1], named[2] or ":", value, position, at, negated=position > start), end
    if not value:
        lack = "- needs a word after it: what to leave out." if position > start else "the quotes are empty."
        raise FilterError(start, lack)
    return Term(WordTerm(value.casefold()), position > start), end


def _logged(given: str, names: LoggedNames, position: int) -> LoggedField:
    """The field that programs name and that is written so. Raises FilterError where no run has it."""
    text = given.replace('"', "")
    field = sought(text, names)
    if field is not None:
        return field
    if (prefixed := logged_field(text)) is not None:
        raise FilterError(position, unknown(prefixed, names))
    near = near_match(_full_name(text), [*NAMES, *ALIASES, *written(names)]) or f"; known: {', '.join(BEST_KNOWN)}, …"
    raise FilterError(position, f"unknown field {text}{near} (quote it to search for text).")


def _compared(field: LoggedField, sign: str, value: str, at: int, *, negated: bool) -> Term:
    if not value.strip():
        raise FilterError(at, f"{field.text} needs a value, such as {field.text}<0.1.")
    sign = "=" if sign == "==" else sign
    try:
        number = _comparison(field.title, "=" if sign == ":" else sign, value, measured=True)
    except ValueError as error:
        if field.source == "metric":
            _fail(at, field.text, error)
        number = None
    if sign == "!=":
        sign, negated, number = "=", not negated, None if number is None else replace(number, sign="=")
    return Term(LoggedTerm(field, sign, value.casefold(), number), negated)


def _asked(given: str, sign: str, value: str, position: int, at: int, *, negated: bool) -> Term:
    name = _full_name(given)
    sign = "=" if sign in (":", "==") else sign
    if not value.strip():
        raise FilterError(at, f"{given.lower()} needs a value, such as {_example(name, given.lower())}.")
    if name in NUMBERS:
        try:
            return Term(_comparison(name, sign, value, measured=name in MEASURED), negated)
        except ValueError as error:
            _fail(at, name, error)
    if sign not in ("=", "!="):
        raise FilterError(position, f"{name} is not a number: write {name}:{quoted(value)[1:-1]}.")
    negated ^= sign == "!="
    if name in TEXTS:
        return Term(TextTerm(name, value.casefold()), negated)
    try:
        return Term(ChoiceTerm(name, CHOICES[name].meant(value)), negated)
    except ValueError as error:
        _fail(at, name, error)


def _comparison(name: str, sign: str, value: str, *, measured: bool) -> NumberTerm:
    """The comparison with a typed number; one that is `measured` matches as it is displayed. Raises ValueError."""
    if name == "batch_size" and value.strip().lower() in ("full", "n"):
        return NumberTerm(name, sign, math.inf, math.inf, math.inf)
    may_be_share = name in SHARES or name not in NUMBERS
    is_per_cent = may_be_share and value.rstrip().endswith("%")
    value = value.rstrip().removesuffix("%") if is_per_cent else value
    mantissa = re.split("[eE]", value)[0]
    if _SHORTENED.fullmatch(value):
        mantissa, value = value[:-1], value[:-1] + _UNITS[value[-1]]
    wanted = number(value)
    if is_per_cent or (name in SHARES and wanted > 1):
        wanted = _hundredth(wanted)
    digits = min(len(re.sub(r"\D", "", mantissa).lstrip("0")), 17)
    if digits < 2 or not measured or not wanted:
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
