"""Filter SQL: a filter as an SQL condition over one row of `run_sql.RUNS`, with all typed text as parameters."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from engine.store.list.filter import ChoiceTerm, Filter, LoggedTerm, NumberTerm, Term, TextTerm, WordTerm
from engine.store.list.filter_fields import CHOICES, NUMBERS, TEXTS
from engine.store.list.run_sql import LOST, STRATEGY, TAGS, WORDS
from engine.store.records import STATES

Condition = tuple[str, tuple[object, ...]]

_COMPARED = {
    "=": ("{} BETWEEN ? AND ?", ("low", "high")),
    "!=": ("NOT coalesce({} BETWEEN ? AND ?, 0)", ("low", "high")),
    "<": ("{} < ?", ("value",)),
    "<=": ("{} <= ?", ("value",)),
    ">": ("{} > ?", ("value",)),
    ">=": ("{} >= ?", ("value",)),
}


def condition(wanted: Filter, judged: Mapping[int, str]) -> Condition:
    """SQL and parameters of a filter. `judged` maps the ids of running runs that are lost, silent or waiting to that
    status."""
    alternatives = [_joined(" AND ", [_term(term, judged) for term in terms]) for terms in wanted.alternatives]
    return _joined(" OR ", alternatives) if alternatives else ("1", ())


def _joined(word: str, conditions: list[Condition]) -> Condition:
    sql = word.join(f"({part})" for part, _ in conditions)
    return sql, tuple(value for _, values in conditions for value in values)


def _term(term: Term, judged: Mapping[int, str]) -> Condition:
    sql, values = _asked(term, judged)
    return (f"NOT coalesce({sql}, 0)" if term.negated else sql), values


def _asked(term: Term, judged: Mapping[int, str]) -> Condition:
    match term.asked:
        case WordTerm(text):
            return _word(text)
        case ChoiceTerm("status", values):
            return _status(values, judged)
        case ChoiceTerm(field, values):
            return _any_of(CHOICES[field].sql, values)
        case TextTerm("tag", text):
            return f"tags <> '' AND ? IN (SELECT folded(value) FROM {TAGS})", (text,)
        case TextTerm(field, text):
            return f"instr(folded({TEXTS[field]}), ?) > 0", (text,)
        case NumberTerm(field, sign):
            sql, bounds = _COMPARED[sign]
            return sql.format(NUMBERS[field]), tuple(getattr(term.asked, bound) for bound in bounds)
        case LoggedTerm():
            return _logged(term.asked)


def _logged(asked: LoggedTerm) -> Condition:
    """The condition on a field that programs name: a number is compared with a number, anything else is text.

    Text is never more or less than a number.
    """
    value, names = asked.field.expression
    if not asked.sign:
        return "EXISTS (SELECT 1 FROM metrics WHERE metrics.run_id = runs.run_id AND metrics.name = ?)", names
    text = "instr(folded(value), ?) > 0" if asked.sign == ":" else f"folded(value) {asked.sign} ?"
    is_number = "typeof(value) IN ('integer', 'real')"
    if asked.number is None:
        fits, values = text if asked.sign in ("=", ":") else f"NOT {is_number} AND {text}", (asked.text,)
    else:
        sql, bounds = _COMPARED[asked.number.sign]
        is_order = asked.sign in ("<", "<=", ">", ">=")
        otherwise = "WHEN value IS NOT NULL THEN 0" if is_order else f"ELSE {text}"
        fits = f"CASE WHEN {is_number} THEN {sql.format('value')} {otherwise} END"
        values = (*(getattr(asked.number, bound) for bound in bounds), *([] if is_order else [asked.text]))
    return f"(SELECT {fits} FROM (SELECT {value} AS value))", (*values, *names)


def _any_of(expressions: Collection[str], values: Collection[str]) -> Condition:
    placeholders = ", ".join("?" * len(values))
    wanted = tuple(sorted(values))
    return _joined(" OR ", [(f"{expression} IN ({placeholders})", wanted) for expression in expressions])


def _status(wanted: frozenset[str], judged: Mapping[int, str]) -> Condition:
    """The condition for a set of statuses: the stored state, corrected by `judged` and by divergence."""
    plain = sorted(wanted & set(STATES) - {"running", "finished", "failed"})
    found = [_any_of(["state"], plain)] if plain else []
    if "failed" in wanted:
        found.append((f"state = 'failed' AND NOT {LOST}", ()))
    if "lost" in wanted:
        found.append((LOST, ()))
    if "running" in wanted:
        found.append((f"state = 'running' AND NOT {_AMONG}", (_numbers(judged),)))
    if others := [run_id for run_id, status in judged.items() if status in wanted]:
        found.append((f"state = 'running' AND {_AMONG}", (_numbers(others),)))
    if "finished" in wanted:
        found.append(("state = 'finished' AND diverged_at IS NULL", ()))
    if "diverged" in wanted:
        found.append(("state = 'finished' AND diverged_at IS NOT NULL", ()))
    return _joined(" OR ", found) if found else ("0", ())


_AMONG = "run_id IN (SELECT value FROM json_each(?))"


def _numbers(run_ids: Collection[int]) -> str:
    return json.dumps(sorted(run_ids))


def _word(text: str) -> Condition:
    if text.isdecimal() and text.isascii():
        pattern = f"*[^0-9]{text}[^0-9]*"
        within = "' ' || {} || ' ' GLOB ?"
        tagged = f"tags <> '' AND EXISTS (SELECT 1 FROM {TAGS} WHERE {within.format('value')})"
        return f"CAST(run_id AS TEXT) = ? OR {within.format(WORDS)} OR {tagged}", (text, pattern, pattern)
    found: list[Condition] = [
        (f"instr({WORDS}, ?) > 0", (text,)),
        (f"tags <> '' AND EXISTS (SELECT 1 FROM {TAGS} WHERE instr(folded(value), ?) > 0)", (text,)),
    ]
    if text in CHOICES["strategy"].aliases:
        found.append(_any_of([STRATEGY], CHOICES["strategy"].aliases[text]))
    return _joined(" OR ", found)
