"""Logged fields: what programs name themselves, as fields of filters, orders and columns: metrics, config, summary.

A field is written `config.lr`, `summary.best`, `metric:val/loss`; `.min` and `.max` after the name of a metric are its
lowest and highest value. All names and values that come from outside are parameters of the SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from engine.spec import FIELDS
from engine.spec.parsing import near_match
from engine.store.list.filter_fields import NUMBERS
from engine.store.list.run_sql import text_of

Source = Literal["metric", "config", "summary"]
Part = Literal["last", "low", "high"]
Expression = tuple[str, tuple[object, ...]]
"""An SQL expression over one row of `run_sql.RUNS`, and its parameters."""

PREFIX: Mapping[Source, str] = {"metric": "metric:", "config": "config.", "summary": "summary."}
SAID: tuple[Source, ...] = ("config", "summary")
MOST_NAMED = 5
PARTS: tuple[tuple[str, Part], ...] = ((".min", "low"), (".max", "high"))

EVALUATED = {
    f"{split}/{what}": f"{split}_{what}" for split in ("train", "validation", "test") for what in ("loss", "accuracy")
}
"""Metrics that every run may have, by the column of its newest evaluation."""


_PLAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def _said(column: str, name: str) -> Expression:
    """The value with a flat name in a column of JSON objects.

    SQLite finds a plain one itself in a quarter of the time; the path is a parameter too.
    """
    exactly = f"value_named({column}, ?)"
    if not _PLAIN.fullmatch(name):
        return exactly, (name,)
    path = "$" + "".join(f'."{part}"' for part in name.split("."))
    return (
        f"CASE WHEN {column} = '' THEN NULL WHEN NOT json_valid({column}) THEN {exactly} "
        f"ELSE CASE coalesce(json_type({column}, ?), '') WHEN 'integer' THEN json_extract({column}, ?) "
        f"WHEN 'real' THEN json_extract({column}, ?) WHEN 'text' THEN json_extract({column}, ?) "
        f"WHEN '' THEN CASE WHEN instr({column}, ?) THEN {exactly} END ELSE {exactly} END END",
        (name, path, path, path, path, name.rpartition(".")[2], name, name),
    )


@dataclass(frozen=True, slots=True)
class LoggedField:
    """One field: `name` is that of the metric or of the value in the config or summary; `part` is a metric's."""

    source: Source
    name: str
    part: Part = "last"

    @property
    def text(self) -> str:
        """The field as it is written, unmistakably; what orders and columns are called."""
        return f"{PREFIX[self.source]}{self.name}{self._suffix}"

    @property
    def title(self) -> str:
        """The field as people read it: its name alone."""
        return f"{self.name}{self._suffix}"

    @property
    def expression(self) -> Expression:
        """The field's value of a run; NULL where it has none."""
        if self.source == "metric":
            found = f"(SELECT {self.part} FROM metrics WHERE metrics.run_id = runs.run_id AND metrics.name = ?)"
            evaluated = EVALUATED.get(self.name) if self.part == "last" else None
            return (f"coalesce({found}, {evaluated})" if evaluated else found), (self.name,)
        found, names = _said(self.source, self.name)
        field = "iterations" if self.name == "planned" else self.name
        if self.source == "summary" or field not in FIELDS:
            return found, names
        number = "planned" if field == "iterations" else field
        return f"coalesce({found}, {NUMBERS[number] if number in NUMBERS else text_of(field)})", names

    @property
    def of_engine(self) -> bool:
        """Whether runs of the engine have it: a setting as config, an evaluation as a metric."""
        return self.name in (FIELDS if self.source == "config" else EVALUATED if self.source == "metric" else ())

    @property
    def _suffix(self) -> str:
        return next((suffix for suffix, part in PARTS if part == self.part), "")


class LoggedNames(Protocol):
    """The names that runs of a store have given."""

    def has(self, field: LoggedField) -> bool:
        """Whether any run has the field."""

    def known(self, source: Source) -> Iterable[str]:
        """Names to tell what may have been meant."""


class NoNames:
    """No run of another program is known."""

    def has(self, field: LoggedField) -> bool:
        """Whether any run has the field: only what the engine's runs have."""
        return field.of_engine

    def known(self, source: Source) -> Iterable[str]:
        """Names to tell what may have been meant: none."""
        return ()


class AnyNames(NoNames):
    """Every name is taken as it is: whoever reads the store asks it later."""

    def has(self, field: LoggedField) -> bool:
        """Whether any run has the field: perhaps."""
        return True


class SeenNames(NoNames):
    """Names that were read before, of all runs: `fields` are their texts."""

    def __init__(self, fields: Iterable[str]) -> None:
        self._names: dict[Source, dict[str, None]] = {}
        for field in fields:
            for source, prefix in PREFIX.items():
                if field.startswith(prefix):
                    self._names.setdefault(source, {})[field.removeprefix(prefix)] = None

    def has(self, field: LoggedField) -> bool:
        """Whether any run has the field."""
        return field.of_engine or field.name in self._names.get(field.source, ())

    def known(self, source: Source) -> Iterable[str]:
        """Names to tell what may have been meant."""
        return self._names.get(source, ())


NO_NAMES, ANY_NAMES = NoNames(), AnyNames()


def logged_field(text: str) -> LoggedField | None:
    """The field that is written so, with its prefix; None where it has none."""
    for source, prefix in PREFIX.items():
        name = text.removeprefix(prefix)
        if name != text and name:
            return with_part(name) if source == "metric" else LoggedField(source, name)
    return None


def with_part(name: str) -> LoggedField:
    """The metric with a name that may end in `.min` or `.max`."""
    for suffix, part in PARTS:
        if name.endswith(suffix) and name != suffix:
            return LoggedField("metric", name.removesuffix(suffix), part)
    return LoggedField("metric", name)


def sought(text: str, names: LoggedNames) -> LoggedField | None:
    """The field that is meant: with its prefix, or the bare name of a metric that there is; None where there is none.

    A metric whose own name ends in `.min` goes before another one's lowest value.
    """
    prefixed = logged_field(text)
    if prefixed is not None and prefixed.source != "metric":
        return prefixed if names.has(prefixed) else None
    name = text.removeprefix("metric:")
    return next((way for way in (LoggedField("metric", name), with_part(name)) if name and names.has(way)), None)


def unknown(field: LoggedField, names: LoggedNames) -> str:
    """A sentence for a field that no run has, with the nearest one, or with some that there are."""
    prefix, known = PREFIX[field.source], list(names.known(field.source))
    near = near_match(field.name, known).replace("did you mean ", f"did you mean {prefix}")
    some = ", ".join(f"{prefix}{name}" for name in known[:MOST_NAMED])
    end = near or (f"; there is {some}{', …' if len(known) > MOST_NAMED else ''}." if some else ".")
    return f"no run has {field.text}{end}"


def written(names: LoggedNames) -> list[str]:
    """What may be typed of the names that there are: metrics as they are, the others with their prefix."""
    return [*names.known("metric"), *(f"{PREFIX[one]}{name}" for one in SAID for name in names.known(one))]
