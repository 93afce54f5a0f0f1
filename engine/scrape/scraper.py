"""Scraper: the numbers of one program's lines, with the step of each, and what was understood of them."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.scrape.names import INNER, NOTHING, OUTER, is_measure, metric_name, rank_of
from engine.scrape.patterns import PAIR, PROGRESS, number
from engine.scrape.steps import Steps
from engine.scrape.tables import Table

MOST_METRICS = 200
"""Names beyond so many are not taken: a program that prints other names in each line names no metrics."""

MOST_HELD = 200
LONGEST_EXAMPLE = 200

_HAS_NUMBER = re.compile(r"\d|nan|inf", re.IGNORECASE)

PAIRS, JSON, TABLE, BAR = "name and number", "JSON", "table", "progress bar"


@dataclass(frozen=True, slots=True)
class Reading:
    """Values by metric at a step."""

    step: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Understood:
    """What was read so: the metrics, the word that stood for the step ('' where the lines were counted), and a line."""

    how: str
    metrics: tuple[str, ...]
    step: str
    example: str


@dataclass
class _Line:
    """What was found in one line: numbers by name, by rank the step words with (number, total, word)."""

    how: str
    values: dict[str, float] = field(default_factory=dict)
    sure: bool = True
    unsure: dict[str, float] = field(default_factory=dict)
    steps: dict[int, tuple[int, int | None, str]] = field(default_factory=dict)


class Scraper:
    """Reads the lines of a program in their order; `patterns` are those of its user, which come first.

    A name that speaks of no measure counts only beside a step, or once it has come twice: what a program tells of its
    settings at its start is no curve.
    """

    def __init__(self, patterns: Sequence[re.Pattern[str]] = ()) -> None:
        self.patterns = list(patterns)
        self._steps = Steps()
        self._table = Table()
        self._names: set[str] = set()
        self._held: dict[str, Reading] = {}
        self._understood: dict[str, tuple[dict[str, None], str, str]] = {}

    @property
    def understood(self) -> tuple[Understood, ...]:
        """What was read so far, by how."""
        return tuple(
            Understood(how, tuple(names), step, example) for how, (names, step, example) in self._understood.items()
        )

    def read(self, line: str) -> list[Reading]:
        """The readings of a line: usually none or one; two where a name counts from its second time on."""
        found = self._by_pattern(line) or _by_json(line) or self._table.read(line)
        if found is None and _HAS_NUMBER.search(line):
            found = _by_pairs(line)
        if isinstance(found, Mapping):
            found = _from_columns(found)
        if found is None:
            return []
        step, word = self._steps.of(found.steps, [*found.values, *found.unsure])
        readings = list(self._confirmed(found, step)) if found.unsure else []
        values = {name: value for name, value in found.values.items() if self._takes(name)}
        if values:
            readings.append(Reading(step, values))
        if readings:
            self._remember(found.how, [name for each in readings for name in each.values], word, line)
        return readings

    def _by_pattern(self, line: str) -> _Line | None:
        for place, pattern in enumerate(self.patterns, 1):
            for match in pattern.finditer(line):
                found = _Line(f"pattern {place}")
                for name, text in match.groupdict().items():
                    value = _as_number(text)
                    if value is None:
                        continue
                    if name == "step":
                        if value.is_integer():
                            found.steps[0] = (int(value), None, "step")
                    else:
                        found.values[name] = value
                if found.values:
                    return found
        return None

    def _confirmed(self, found: _Line, step: int) -> Iterator[Reading]:
        """What was held of names that come again; a new name is held."""
        for name, value in found.unsure.items():
            if name in self._names:
                found.values[name] = value
            elif (first := self._held.pop(name, None)) is not None and first.step != step:
                if self._takes(name):
                    yield first
                    found.values[name] = value
            elif len(self._held) < MOST_HELD:
                self._held[name] = Reading(step, {name: value})

    def _takes(self, name: str) -> bool:
        if name not in self._names and len(self._names) < MOST_METRICS:
            self._names.add(name)
        return name in self._names

    def _remember(self, how: str, names: Sequence[str], word: str, line: str) -> None:
        known = self._understood.get(how)
        if known is None:
            known = self._understood[how] = ({}, word, line.strip()[:LONGEST_EXAMPLE])
        known[0].update(dict.fromkeys(names))


def _by_pairs(line: str) -> _Line | None:
    """Names and their numbers, and where the line stands."""
    is_bar = "it/s" in line or "s/it" in line or "%|" in line
    found = _Line(BAR if is_bar else PAIRS)
    loose: dict[str, float] = {}
    rest = line
    for match in PAIR.finditer(line):
        word, value, total = match["name"], number(match["value"]), match["total"]
        rank = rank_of(word)
        is_loose = not match["between"].strip()
        if rank is not None and value.is_integer() and (not (word.lower() in ("i", "t", "it") and is_loose)):
            found.steps.setdefault(rank, (int(value), int(total) if total else None, word.lower()))
            rest = rest.replace(match[0], " ", 1)
            continue
        name = metric_name(word, line[: match.start("name")])
        if total:
            rest = rest.replace(match[0], " ", 1)
            value = value / float(total) if float(total) else math.nan
        if not name or (total and not is_measure(name)):
            continue
        if is_measure(name):
            found.values.setdefault(name, value)
        elif is_loose:
            loose.setdefault(name, value)
        else:
            found.unsure.setdefault(name, value)
    if not (found.values or found.unsure or found.steps):
        return None
    progress = PROGRESS.search(rest)
    if progress is not None and (found.values or found.unsure or is_bar) and INNER not in found.steps:
        done, total_done = int(progress["done"]), int(progress["total"])
        if done <= total_done and not (set(found.steps) & {0, 1}):
            found.steps[INNER] = (done, total_done, "done")
    if found.steps and (found.values or set(found.steps) != {OUTER} or found.unsure):
        found.values.update({name: value for name, value in found.unsure.items() if name not in NOTHING})
        found.unsure = {}
        if found.values:
            found.values.update({name: value for name, value in loose.items() if name not in found.values})
    return found


def _by_json(line: str) -> _Line | None:
    """The numbers of an object of JSON, or of a dictionary as Python prints it."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    facts: object = None
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        try:
            facts = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return None
    if not isinstance(facts, dict):
        return None
    found = _from_columns(dict(_flat(facts)))
    return None if found is None else _Line(JSON, found.values, steps=found.steps)


def _from_columns(columns: Mapping[str, float]) -> _Line | None:
    """Numbers by the names of their columns, those of steps among them."""
    found = _Line(TABLE)
    for name, value in columns.items():
        rank = rank_of(name)
        if rank is not None and math.isfinite(value) and value.is_integer():
            found.steps.setdefault(rank, (int(value), None, name))
        else:
            found.values[name] = value
    return found if found.values else None


def _flat(facts: Mapping[object, object], before: str = "") -> Iterator[tuple[str, float]]:
    for key, value in facts.items():
        name = f"{before}{key}"[:200]
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                yield name, float(value)
            except OverflowError:
                continue


def _as_number(text: str | None) -> float | None:
    try:
        return None if text is None else number(text.strip())
    except ValueError:
        return None
