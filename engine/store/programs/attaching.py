"""Attaching: a program that was started as a script run, and logs itself, logs into that run."""

from __future__ import annotations

import json
import sqlite3

from engine.spec import SpecError
from engine.spec.script import script_from_json
from engine.store.programs.measurements import remove_from
from engine.store.records.logged import LoggedClaim, LoggedFacts
from engine.store.write.catalogue import storable
from engine.store.write.tags import tags_from_text, tags_to_text

ALL_STEPS = -(1 << 62)

ATTACHABLE = """
    SELECT stream, received, tags, spec FROM runs
    WHERE run_id = ? AND attempt = ? AND kind = 'script' AND state IN ('running', 'paused')
"""

ATTACH = """
    UPDATE runs SET recorder_id = ?, stream = ?, listens = coalesce(listens, 0), tags = ?,
                    project = coalesce(nullif(?, ''), project), run_group = coalesce(nullif(?, ''), run_group),
                    note = coalesce(nullif(note, ''), ?), config = ?
    WHERE run_id = ?
"""


def attach(raw: sqlite3.Connection, worker_id: int, facts: LoggedFacts) -> LoggedClaim | None:
    """Have a recorder write what its program logs into the script run that it was started as, inside a transaction.

    None where that is over, or another process logs it already: then the program has a run of its own.
    """
    if facts.attach is None:
        return None
    run_id, attempt = facts.attach
    row = raw.execute(ATTACHABLE, facts.attach).fetchone()
    if row is None or row[0] not in (None, facts.stream):
        return None
    stream, received, tags, spec = row
    if stream is None and attempt == 1:
        remove_from(raw, run_id, ALL_STEPS)  # what was read of its output before
    words = tags_to_text(dict.fromkeys((*tags_from_text(tags), *map(storable, facts.tags))))
    raw.execute(
        ATTACH,
        (worker_id, facts.stream, words, storable(facts.project), storable(facts.group), storable(facts.note),
         config_beside(spec, facts.config), run_id),
    )  # fmt: skip
    return LoggedClaim(
        run_id, worker_id, attempt, received, facts.elapsed_s, is_attached=True, is_again=attempt > 1 and not received
    )


def config_beside(spec: str, told: str) -> str:
    """What a program says it was started with, beside the values of its command."""
    try:
        values = dict(script_from_json(spec).values)
        return json.dumps({**values, **json.loads(told or "{}")})
    except (SpecError, ValueError, TypeError):
        return told
