"""Logged values: the names that programs have given to metrics, config and summary, and the values of listed runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from engine.store.file.connection import Connection
from engine.store.list.logged_fields import EVALUATED, LoggedField, NoNames, Source
from engine.store.list.run_sql import RUNS
from engine.store.records.config import Scalar, flat

NEWEST = 500
"""Runs whose names are told; any other one's is found when it is asked for."""

MOST_ROWS = 50_000
MOST_NAMES = 5000

Values = Mapping[str, Scalar]
"""Values of one run by the text of their field."""


class StoredNames(NoNames):
    """The names in a store, as they are when they are asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def has(self, field: LoggedField) -> bool:
        """Whether any run has the field, deleted ones included."""
        if field.of_engine:
            return True
        if field.source == "metric":
            sql = "SELECT 1 FROM runs CROSS JOIN metrics USING (run_id) WHERE metrics.name = ? LIMIT 1"
            return bool(self._connection.rows(sql, (field.name,)))
        value, names = field.expression
        return bool(self._connection.rows(f"SELECT 1 FROM runs WHERE {value} IS NOT NULL LIMIT 1", names))

    def known(self, source: Source) -> Iterable[str]:
        """The names in the newest runs, in the order in which they came."""
        return names_of(self._connection, source)


def names_of(connection: Connection, source: Source) -> tuple[str, ...]:
    """The names of a source in the newest runs that give any, at most MOST_NAMES."""
    if source == "metric":
        rows = connection.rows(
            "SELECT DISTINCT name FROM (SELECT name FROM metrics WHERE run_id IN (SELECT run_id FROM runs "
            "WHERE kind <> 'engine' AND deleted_at IS NULL ORDER BY run_id DESC LIMIT ?) "
            "ORDER BY run_id DESC, metric_id LIMIT ?) LIMIT ?",
            (NEWEST, MOST_ROWS, MOST_NAMES),
        )
        return tuple(name for (name,) in rows)
    rows = connection.rows(
        f"SELECT {source} FROM runs WHERE kind <> 'engine' AND deleted_at IS NULL ORDER BY run_id DESC LIMIT ?",
        (NEWEST,),
    )
    found = dict.fromkeys(name for text in dict.fromkeys(text for (text,) in rows) for name in flat(text))
    return tuple(found)[:MOST_NAMES]


def values_of(connection: Connection, run_ids: Iterable[int], fields: Sequence[LoggedField]) -> dict[int, Values]:
    """The values of some runs, by run id and by the text of the field; what a run does not have is left out.

    A value of a metric that is not a number is NaN.
    """
    if not fields:
        return {}
    parts = [field.expression for field in fields]
    measured = [_is_measured(field) for field in fields]
    sql = ", ".join([*(part for part, _ in parts), *(part for part, _ in measured)])
    values = [value for _, given in (*parts, *measured) for value in given]
    rows = connection.rows(
        f"SELECT run_id, {sql} FROM {RUNS} WHERE run_id IN (SELECT value FROM json_each(?))",
        (*values, json.dumps(sorted(run_ids))),
    )
    found: dict[int, Values] = {}
    for run_id, *row in rows:
        pairs = zip(fields, row, row[len(fields) :], strict=False)
        given = {
            field.text: np.nan if value is None else value for field, value, has in pairs if value is not None or has
        }
        found[run_id] = given
    return found


def _is_measured(field: LoggedField) -> tuple[str, tuple[object, ...]]:
    """Whether a run has a metric, whose NaN is stored as NULL."""
    if field.source != "metric" or field.name in EVALUATED:
        return "0", ()
    return "EXISTS (SELECT 1 FROM metrics WHERE metrics.run_id = runs.run_id AND metrics.name = ?)", (field.name,)
